# SPDX-License-Identifier: MIT
"""Commands about archives and compression: tar, gzip, zip."""

import asyncio
import gzip
import io
import re
import stat
import tarfile
import zipfile
import zlib

from decnet.lures.shell.commands.listing import walk
from decnet.lures.shell.invocation import Invocation, Options, reason

MAX_UNPACKED = 16 * 1024 * 1024
MAX_MEMBERS = 1000


def inflate(data: bytes) -> bytes:
    """Return the content of gzip data, bounded; raise ``ValueError`` where it is none."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        return unpacker.decompress(data, MAX_UNPACKED)
    except zlib.error as error:
        raise ValueError("not in gzip format") from error


async def compress(call: Invocation) -> int:
    """``gzip``, ``gunzip``, ``zcat``."""
    name = call.name.rsplit("/", 1)[-1]
    options = call.options("123456789cdfhklnNqrtv", {"decompress": "d", "stdout": "c", "keep": "k", "force": "f", "best": "9"})
    unpacks = "d" in options or name in ("gunzip", "zcat")
    prints = "c" in options or name == "zcat" or not options.operands
    code = 0
    for operand in options.operands or ["-"]:
        try:
            data = await call.stdin.all() if operand == "-" else call.filesystem.read(call.absolute(operand))
            result = await asyncio.to_thread(inflate if unpacks else gzip.compress, data)
        except OSError as error:
            code = call.fail(f"{operand}: {reason(error)}")
            continue
        except ValueError:
            call.error(f"\ngzip: {'stdin' if operand == '-' else operand}: not in gzip format")
            code = 1
            continue
        if prints:
            call.stdout.write(result)
            continue
        path = call.absolute(operand)
        target = re.sub(r"\.t?gz$", "", path) if unpacks else path + ".gz"
        if target == path:
            code = call.fail(f"{operand}: unknown suffix -- ignored")
            continue
        call.filesystem.write(target, result)
        if "k" not in options:
            call.filesystem.unlink(path)
    return code


async def archive(call: Invocation) -> int:
    """``tar``."""
    if call.arguments and not call.arguments[0].startswith("-"):
        call.argv[1] = "-" + call.arguments[0]
    long = {
        "extract": "x",
        "create": "c",
        "list": "t",
        "file": "f",
        "gzip": "z",
        "directory": "C",
        "verbose": "v",
        "exclude": "X",
    }
    options = call.options("xctf:zjJvpkC:X:hPOmS", {**long, "strip-components": "=s", "no-same-owner": "p"})
    if "C" in options:
        folder = call.absolute(options.get("C"))
        if not call.filesystem.is_folder(folder):
            call.fail(f"{options.get('C')}: Cannot open: No such file or directory")
            call.error("tar: Error is not recoverable: exiting now")
            return 2
    if "xct" not in options:
        call.fail("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options")
        call.error("Try 'tar --help' or 'tar --usage' for more information.")
        return 2
    return await (_pack(call, options) if "c" in options else _unpack(call, options))


async def _pack(call: Invocation, options: Options) -> int:
    if not options.operands:
        call.fail("Cowardly refusing to create an empty archive")
        return 2
    buffer = io.BytesIO()
    code = 0
    with tarfile.open(fileobj=buffer, mode="w:gz" if "z" in options else "w:bz2" if "j" in options else "w") as packed:
        for operand in options.operands:
            code = max(code, await _pack_one(call, options, packed, operand))
    if options.get("f", "-") == "-":
        call.stdout.write(buffer.getvalue())
    else:
        call.filesystem.write(call.absolute(options.get("f")), buffer.getvalue())
    if code:
        call.error("tar: Exiting with failure status due to previous errors")
    return code


async def _pack_one(call: Invocation, options: Options, packed: tarfile.TarFile, operand: str) -> int:
    if operand.startswith("/"):
        call.error("tar: Removing leading `/' from member names")
    start = f"{call.absolute(options.get('C'))}/{operand}" if "C" in options else operand
    if not call.filesystem.exists(call.absolute(start)):
        return call.fail(f"{operand}: Cannot stat: No such file or directory", 2)
    tell = call.line if options.get("f", "-") != "-" else call.error
    async for name, entry in walk(call, start):
        _add_member(call, packed, operand + name[len(start) :], entry.path)
        if "v" in options:
            tell(operand + name[len(start) :])
    return 0


def _add_member(call: Invocation, packed: tarfile.TarFile, name: str, path: str) -> None:
    status = call.filesystem.lstat(path)
    member = tarfile.TarInfo(name.lstrip("/") or ".")
    member.mode, member.uid, member.gid, member.mtime = stat.S_IMODE(status.mode), status.uid, status.gid, int(status.modified)
    if stat.S_ISDIR(status.mode):
        member.type = tarfile.DIRTYPE
        packed.addfile(member)
    elif stat.S_ISLNK(status.mode):
        member.type, member.linkname = tarfile.SYMTYPE, call.filesystem.readlink(path)
        packed.addfile(member)
    elif stat.S_ISREG(status.mode):
        try:
            data = call.filesystem.read(path)[:MAX_UNPACKED]
        except OSError as error:
            call.fail(f"{name}: Cannot open: {reason(error)}")
            return
        member.size = len(data)
        packed.addfile(member, io.BytesIO(data))


async def _unpack(call: Invocation, options: Options) -> int:
    source = options.get("f", "-")
    try:
        data = await call.stdin.all() if source == "-" else call.filesystem.read(call.absolute(source))
    except OSError as error:
        call.fail(f"{source}: Cannot open: {reason(error)}")
        call.error("tar: Error is not recoverable: exiting now")
        return 2
    try:
        plain = inflate(data) if data.startswith(b"\x1f\x8b") else data
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as packed:
            for _ in range(MAX_MEMBERS):
                member = packed.next()
                if member is None:
                    break
                await call.shell.budget.step()
                _member(call, packed, member, options)
    except (tarfile.TarError, ValueError, EOFError):
        call.error("tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors")
        return 2
    return 0


def _member(call: Invocation, packed: tarfile.TarFile, member: tarfile.TarInfo, options: Options) -> None:
    if "t" in options or "v" in options:
        call.line(member.name + ("/" if member.isdir() else ""))
    if "t" in options:
        return
    name = "/".join(piece for piece in member.name.split("/") if piece not in ("", ".", ".."))
    strip = int(options.given.get("=s", ["0"])[-1][:3] or 0)
    name = "/".join(name.split("/")[strip:])
    if name:
        content = packed.extractfile(member) if member.isfile() and member.size <= MAX_UNPACKED else None
        base = call.absolute(options.get("C") or ".")
        extract(
            call, f"{base}/{name}", content.read() if content else None, member.mode, member.linkname if member.issym() else ""
        )


def extract(call: Invocation, path: str, data: bytes | None, mode: int, target: str = "") -> None:
    """Write a member of an archive, its folders first."""
    pieces = path.strip("/").split("/")
    for at in range(1, len(pieces) + (data is None and not target)):
        folder = "/" + "/".join(pieces[:at])
        if not call.filesystem.is_folder(folder):
            call.filesystem.mkdir(folder)
    if target:
        if not call.filesystem.exists(path):
            call.filesystem.symlink(target, path)
    elif data is not None:
        call.filesystem.write(path, data)
        call.filesystem.chmod(path, mode & 0o7777)


async def unzip(call: Invocation) -> int:
    """``unzip``."""
    options = call.options("d:lnopqv")
    if not options.operands:
        call.line("UnZip 6.00 of 20 April 2009, by Debian. Original by Info-ZIP.")
        return 0
    name = options.operands[0]
    try:
        data = call.filesystem.read(call.absolute(name))
    except OSError:
        call.error(f"unzip:  cannot find or open {name}, {name}.zip or {name}.ZIP.")
        return 9
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            call.line(f"Archive:  {name}")
            for member in packed.infolist()[:MAX_MEMBERS]:
                inside = "/".join(piece for piece in member.filename.split("/") if piece not in ("", ".", ".."))
                call.line(f"{'   creating' if member.is_dir() else '  inflating'}: {inside}")
                if "l" in options or not inside or member.file_size > MAX_UNPACKED:
                    continue
                path = f"{call.absolute(options.get('d') or '.')}/{inside}"
                extract(call, path, None if member.is_dir() else packed.read(member), 0o644)
    except (zipfile.BadZipFile, RuntimeError, zlib.error, EOFError, NotImplementedError):
        call.error("  End-of-central-directory signature not found.  Either this file is not\n  a zipfile, or it is damaged.")
        return 9
    return 0


PROGRAMS = {
    "gzip": compress, "gunzip": compress, "zcat": compress, "tar": archive, "unzip": unzip,
}  # fmt: skip
