# SPDX-License-Identifier: MIT
"""
The files of installed programs: believable ELF images that are made when somebody reads them.

A program is recognised by its build id, so that a copy of busybox is busybox under any name.
"""

import hashlib
import struct
from collections.abc import Callable

from decnet.lures.shell.node import Made, Node, file

MACHINES = {"x86_64": 62, "aarch64": 183, "armv7l": 40, "armv6l": 40, "mips": 8, "mipsel": 8, "i686": 3, "riscv64": 243}
_WIDE = ("x86_64", "aarch64", "riscv64")
_HEADER = 64
_NOTE = b"\x04\x00\x00\x00\x14\x00\x00\x00\x03\x00\x00\x00GNU\x00"
_STRINGS = b"\0libc.so.6\0__libc_start_main\0GLIBC_2.34\0"
_ID_AT = 0x2C4
_ID_SIZE = 20
MAGIC = b"\x7fELF"
_INTERPRETERS = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}


def build_id(name: str) -> bytes:
    """Return the build id of an installed program."""
    return hashlib.sha1(f"build {name}".encode(), usedforsecurity=False).digest()


def header(architecture: str) -> bytes:
    """Return the ELF header of an executable for ``architecture``."""
    machine = MACHINES.get(architecture, MACHINES["x86_64"])
    is_wide = architecture in _WIDE
    order = ">" if architecture == "mips" else "<"
    ident = MAGIC + bytes([2 if is_wide else 1, 2 if order == ">" else 1, 1, 0]) + bytes(8)
    if is_wide:
        rest = struct.pack(order + "HHIQQQIHHHHHH", 3, machine, 1, 0x5C40, 64, 0x21A38, 0, 64, 56, 13, 64, 31, 30)
    else:
        rest = struct.pack(order + "HHIIIIIHHHHHH", 2, machine, 1, 0x8C40, 52, 0x11A38, 0, 52, 32, 9, 40, 28, 27)
    return (ident + rest).ljust(_HEADER, b"\0")


def image(name: str, architecture: str, size: int, identity: bytes) -> bytes:
    """Return an executable of ``size`` bytes that carries ``identity`` as its build id."""
    interpreter = _INTERPRETERS.get(architecture, "/lib/ld-linux.so.3").encode() + b"\0"
    head = header(architecture).ljust(0x2A8 - 0x28, b"\0") + interpreter
    head = head.ljust(_ID_AT - len(_NOTE), b"\0")[: _ID_AT - len(_NOTE)] + _NOTE + identity
    strings = _STRINGS + name.encode() + b"\0"
    return (head + strings + hashlib.shake_256(identity).digest(max(0, size - len(head) - len(strings))))[:size]


class Program:
    """Makes the image of one installed program."""

    __slots__ = ("architecture", "name", "size")

    def __init__(self, name: str, architecture: str, size: int) -> None:
        self.name = name
        self.architecture = architecture
        self.size = size

    def __call__(self) -> bytes:
        """Return the image."""
        return image(self.name, self.architecture, self.size, build_id(self.name))


def program(name: str, architecture: str, modified: float, mode: int = 0o755) -> Node:
    """Return the file of an installed program."""
    size = 18_000 + int.from_bytes(build_id(name)[:3]) % 150_000
    if name == "busybox":
        size = 718_064
    return file(Made(size, Program(name, architecture, size)), modified, mode)


def program_name(node: Node, is_known: Callable[[str], bool]) -> str | None:
    """Return which installed program a file is, if any; a copy counts."""
    content = node.content
    if isinstance(content, Made) and isinstance(content.make, Program):
        return content.make.name
    data = node.data
    if not data.startswith(MAGIC) or len(data) < _ID_AT + _ID_SIZE:
        return None
    start = _ID_AT + _ID_SIZE + len(_STRINGS)
    name = data[start : start + 64].split(b"\0")[0].decode("ascii", "replace")
    return name if is_known(name) and build_id(name) == data[_ID_AT : _ID_AT + _ID_SIZE] else None


def machine_of(data: bytes) -> int:
    """Return the machine number of an ELF header, 0 where it is cut short."""
    if len(data) < 20:
        return 0
    return int.from_bytes(data[18:20], "big" if data[5] == 2 else "little")
