# SPDX-License-Identifier: MIT
"""
What each OpenSSH version offers in its key exchange, in its order, and what else tells the versions apart.

asyncssh cannot offer sntrup761x25519-sha512 without liboqs, so the lists of OpenSSH 8.9 and newer lack it; umac needs
Debian's libnettle8 at run time and is left out where the library is missing. Everything else is complete.
"""

import re
from dataclasses import dataclass, replace

_CURVES = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
)
_GROUPS = (
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
)
_CIPHERS = (
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
)
_MACS = (
    "umac-64-etm@openssh.com",
    "umac-128-etm@openssh.com",
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha1-etm@openssh.com",
    "umac-64@openssh.com",
    "umac-128@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
)
_SIGNATURES_7_9 = (
    "ssh-ed25519,ssh-rsa,rsa-sha2-256,rsa-sha2-512,ssh-dss,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"
)
_SIGNATURES_8_4 = (
    "ssh-ed25519,sk-ssh-ed25519@openssh.com,ssh-rsa,rsa-sha2-256,rsa-sha2-512,ssh-dss,ecdsa-sha2-nistp256,"
    "ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
)
_SIGNATURES_9_2 = (
    "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
    "sk-ecdsa-sha2-nistp256@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com,ssh-dss,ssh-rsa,rsa-sha2-256,rsa-sha2-512"
)
_UPSTREAM_METHODS = ("publickey", "password", "keyboard-interactive")
_NEW_KEYS = ("rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256", "ssh-ed25519")
_KEYS = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519")
_SFTP_8 = (
    ("posix-rename@openssh.com", "1"),
    ("statvfs@openssh.com", "2"),
    ("fstatvfs@openssh.com", "2"),
    ("hardlink@openssh.com", "1"),
    ("fsync@openssh.com", "1"),
    ("lsetstat@openssh.com", "1"),
)
_SFTP_9 = (*_SFTP_8, ("limits@openssh.com", "1"), ("expand-path@openssh.com", "1"))


@dataclass(frozen=True, kw_only=True)
class Profile:
    """
    The server that is imitated.

    ``strict`` is the countermeasure to CVE-2023-48795 ("kex-strict-s-v00@openssh.com"). ``mismatch`` and ``foreign`` are the
    lines sent to a client of another protocol version and to one that speaks no SSH. ``methods`` are the authentications
    that can continue. ``missing`` names what the original offers and this one cannot. Lists are in the order of the wire.
    """

    key_exchanges: tuple[str, ...]
    host_keys: tuple[str, ...]
    ciphers: tuple[str, ...] = _CIPHERS
    macs: tuple[str, ...] = _MACS
    compressions: tuple[str, ...] = ("none", "zlib@openssh.com")
    signatures: str
    extensions: tuple[tuple[str, str], ...] = ()
    methods: tuple[str, ...] = ("publickey", "password")
    rsa_bits: int = 3072
    strict: bool = False
    mismatch: bytes = b"Protocol major versions differ.\r\n"
    foreign: bytes = b"Invalid SSH identification string.\r\n"
    sftp: tuple[tuple[str, str], ...] = _SFTP_8
    missing: tuple[str, ...] = ()


_OPENSSH_7_9 = Profile(
    key_exchanges=(*_CURVES, *_GROUPS, "diffie-hellman-group14-sha1"),
    host_keys=_KEYS,
    signatures=_SIGNATURES_7_9,
    rsa_bits=2048,
    mismatch=b"Protocol major versions differ.\n",
    foreign=b"Protocol mismatch.\n",
    sftp=_SFTP_8[:5],
)
_OPENSSH_7_4 = replace(
    _OPENSSH_7_9,
    host_keys=("ssh-rsa", "rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256", "ssh-ed25519"),
    signatures="rsa-sha2-256,rsa-sha2-512",
)
_CENTOS_7 = replace(
    _OPENSSH_7_4,
    key_exchanges=(
        *_CURVES,
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1",
    ),
    ciphers=(*_CIPHERS, "aes128-cbc", "aes192-cbc", "aes256-cbc", "blowfish-cbc", "cast128-cbc", "3des-cbc"),
    methods=("publickey", "gssapi-keyex", "gssapi-with-mic", "password"),
)
_OPENSSH_8_4 = Profile(key_exchanges=(*_CURVES, *_GROUPS), host_keys=_KEYS, signatures=_SIGNATURES_8_4)
_OPENSSH_8_9 = replace(
    _OPENSSH_8_4,
    host_keys=_NEW_KEYS,
    extensions=(("publickey-hostbound@openssh.com", "0"),),
    sftp=_SFTP_9,
    missing=("sntrup761x25519-sha512@openssh.com",),
)
_OPENSSH_9_2 = replace(
    _OPENSSH_8_9,
    signatures=_SIGNATURES_9_2,
    sftp=(
        *_SFTP_9,
        ("copy-data", "1"),
        ("home-directory", "1"),
        ("users-groups-by-id@openssh.com", "1"),
    ),
)

_PROFILES = (
    ((9, 2), _OPENSSH_9_2),
    ((8, 9), _OPENSSH_8_9),
    ((8, 0), _OPENSSH_8_4),
    ((7, 5), _OPENSSH_7_9),
)
_STRICT = {"deb10u": 4, "deb11u": 3, "deb12u": 2, "3ubuntu0.": 6, "4ubuntu0.": 10}
"""The first security update of each distribution's version that announces strict key exchange."""


def profile(software: str) -> Profile:
    """
    Return what ``software`` ("OpenSSH_8.4p1 Debian-5+deb11u3") offers; an unknown one is taken for OpenSSH 8.4.

    Debian and its kin turn keyboard-interactive off; FreeBSD, and versions without a distribution's mark, leave it on.
    """
    match = re.match(r"OpenSSH_(\d+)\.(\d+)", software)
    version = (int(match[1]), int(match[2])) if match else (8, 4)
    old = _OPENSSH_7_4 if " " in software else _CENTOS_7
    chosen = next((candidate for least, candidate in _PROFILES if version >= least), old)
    methods = chosen.methods if old is not _CENTOS_7 or chosen is old else _UPSTREAM_METHODS
    if " FreeBSD" in software:
        methods = _UPSTREAM_METHODS
    return replace(chosen, methods=methods, strict=_is_strict(software, version))


def _is_strict(software: str, version: tuple[int, int]) -> bool:
    """Tell whether the server has the countermeasure of December 2023, from upstream 9.6 or a distribution's update."""
    if version >= (9, 6):
        return True
    return any(
        prefix in software and int(re.match(r"\d*", software.split(prefix)[1])[0] or 0) >= first  # type: ignore[index]  # \d* always matches
        for prefix, first in _STRICT.items()
    )
