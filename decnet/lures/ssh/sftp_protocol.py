# SPDX-License-Identifier: MIT
"""The numbers and answers of sftp version 3 (draft-ietf-secsh-filexfer-02), in the words of OpenSSH's sftp-server."""

import errno

from asyncssh.packet import String, UInt32

from decnet.lures.shell.filesystem import Status
from decnet.lures.ssh.attributes import encode_attributes

INIT, VERSION = 1, 2
STATUS, HANDLE, DATA, NAME, ATTRIBUTES, EXTENDED_REPLY = 101, 102, 103, 104, 105, 201
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8
_WORDS = {
    OK: "Success",
    EOF: "End of file",
    NO_SUCH_FILE: "No such file",
    DENIED: "Permission denied",
    FAILURE: "Failure",
    BAD_MESSAGE: "Bad message",
    UNSUPPORTED: "Operation unsupported",
}
_CODES = {
    errno.ENOENT: NO_SUCH_FILE,
    errno.ENOTDIR: NO_SUCH_FILE,
    errno.EBADF: NO_SUCH_FILE,
    errno.ELOOP: NO_SUCH_FILE,
    errno.EPERM: DENIED,
    errno.EACCES: DENIED,
    errno.ENAMETOOLONG: BAD_MESSAGE,
    errno.EINVAL: BAD_MESSAGE,
    errno.ENOSYS: UNSUPPORTED,
}
READS, WRITES, APPENDS, CREATES, TRUNCATES, EXCLUSIVE = 1, 2, 4, 8, 16, 32


def status(code: int) -> bytes:
    """Return a status in OpenSSH's words."""
    return bytes((STATUS,)) + UInt32(code) + String(_WORDS[code]) + String("")


def refusal(error: OSError) -> bytes:
    """Return the status that stands for an error of the file system."""
    return status(_CODES.get(error.errno or 0, FAILURE))


def attributes(found: Status) -> bytes:
    """Return an answer with the attributes of a file."""
    return bytes((ATTRIBUTES,)) + encode_attributes(found)


def listing(*entries: tuple[bytes, bytes, Status | None]) -> bytes:
    """Return an answer with names, their lines of ls and their status."""
    parts = [String(name) + String(line) + encode_attributes(found) for name, line, found in entries]
    return bytes((NAME,)) + UInt32(len(parts)) + b"".join(parts)
