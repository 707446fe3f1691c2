# SPDX-License-Identifier: MIT
"""Commands that are only talk: what the server is and how it is set."""

import re

from decnet.lures.ftp.conversation import Conversation, User
from decnet.lures.ftp.line import raw, reply

FEATURES = raw("211-Features:\n EPRT\n EPSV\n MDTM\n PASV\n REST STREAM\n SIZE\n TVFS\n211 End\n")
HELP = raw("""214-The following commands are recognized.
 ABOR ACCT ALLO APPE CDUP CWD  DELE EPRT EPSV FEAT HELP LIST MDTM MKD
 MODE NLST NOOP OPTS PASS PASV PORT PWD  QUIT REIN REST RETR RMD  RNFR
 RNTO SITE SIZE SMNT STAT STOR STOU STRU SYST TYPE USER XCUP XCWD XMKD
 XPWD XRMD
214 Help OK.
""")
IDLE_SECONDS = 300
_BINARY = (b"I", b"L8", b"L 8")
_ASCII = (b"A", b"A N")
_LONGEST_NUMBER = 18
_OCTAL = re.compile(rb"[0-7]{1,6}")


def set_option(argument: bytes) -> bytes:
    """Answer OPTS (RFC 2389)."""
    if argument.upper() == b"UTF8 ON":
        return reply(200, "Always in UTF8 mode.")
    return reply(501, "Option not understood.")


def set_type(user: User, argument: bytes) -> bytes:
    """Answer TYPE; text is sent as it is all the same, since vsftpd converts nothing by default."""
    kind = argument.upper()
    if kind in _BINARY:
        user.is_binary = True
        return reply(200, "Switching to Binary mode.")
    if kind in _ASCII:
        user.is_binary = False
        return reply(200, "Switching to ASCII mode.")
    return reply(500, "Unrecognised TYPE command.")


def set_mode(argument: bytes) -> bytes:
    """Answer MODE."""
    return reply(200, "Mode set to S.") if argument.upper() == b"S" else reply(504, "Bad MODE command.")


def set_structure(argument: bytes) -> bytes:
    """Answer STRU."""
    return reply(200, "Structure set to F.") if argument.upper() == b"F" else reply(504, "Bad STRU command.")


def set_restart(user: User, argument: bytes) -> bytes:
    """Answer REST; what is no number is 0."""
    user.restart = int(argument) if argument.isdigit() and len(argument) <= _LONGEST_NUMBER else 0
    return reply(350, f"Restart position accepted ({user.restart}).")


def log_in_again(user: User, argument: bytes) -> bytes:
    """Answer USER after a login."""
    if user.is_anonymous:
        return reply(530, "Can't change from guest user.")
    if argument == user.name:
        return reply(331, "Any password will do.")
    return reply(530, "Can't change to another user.")


def status(conversation: Conversation, user: User) -> bytes:
    """Answer STAT without an argument; the server listens on IPv6, so an IPv4 client has a mapped address."""
    address = conversation.session.origin.peer.address
    lines = (
        b"211-FTP server status:",
        f"     Connected to {address if ':' in address else '::ffff:' + address}".encode(),
        b"     Logged in as " + user.name,
        b"     TYPE: " + (b"BINARY" if user.is_binary else b"ASCII"),
        b"     No session bandwidth limit",
        b"     Session timeout in seconds is %d" % IDLE_SECONDS,
        b"     Control connection is plain text",
        b"     Data connections will be plain text",
        b"     At session startup, client count was %d" % conversation.clients,
        f"     {conversation.site.settings.software} - secure, fast, stable".encode(),
        b"211 End of status",
        b"",
    )
    return b"\r\n".join(lines)


def site(user: User, argument: bytes, *, writable: bool) -> bytes | None:
    """Answer SITE UMASK and SITE HELP; nothing where it is another one."""
    name, _, rest = argument.partition(b" ")
    name = name.upper()
    if name == b"HELP":
        return reply(214, "CHMOD UMASK HELP" if writable else "UMASK HELP")
    if name != b"UMASK":
        return None
    if not rest:
        return reply(200, f"Your current UMASK is {shown(user.umask)}")
    user.umask = octal(rest)
    user.files.filesystem.umask = user.umask & 0o777
    return reply(200, f"UMASK set to {shown(user.umask)}")


def octal(text: bytes) -> int:
    """Return the number in octal digits that a text begins with; 0 where it begins with none."""
    digits = _OCTAL.match(text)
    return int(digits[0], 8) & 0o7777 if digits else 0


def shown(mask: int) -> str:
    """Return a mask as C programs write it."""
    return f"0{mask:o}" if mask else "0"
