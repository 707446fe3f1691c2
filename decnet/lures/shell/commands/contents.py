# SPDX-License-Identifier: MIT
"""Commands that write bytes into files or name files: dd, truncate, shred, mktemp."""

import re
import time

from decnet.lures.shell.commands.text import ENDLESS, endless, size_of
from decnet.lures.shell.invocation import Invocation, reason

MAX_DD = 24 * 1024 * 1024


async def convert(call: Invocation) -> int:
    """``dd``."""
    values = dict(argument.partition("=")[::2] for argument in call.arguments)
    block = size_of(values.get("bs", values.get("ibs", "512"))) or 512
    count = size_of(values["count"]) if "count" in values else None
    skip, seek = (size_of(values.get(name, "0")) or 0 for name in ("skip", "seek"))
    wanted = MAX_DD if count is None else min(MAX_DD, block * count)
    began = time.monotonic()
    try:
        data = await _dd_input(call, values.get("if", ""), wanted, skip * block)
        if "of" in values:
            _dd_output(call, values["of"], data, seek * block, keeps="notrunc" in values.get("conv", ""))
        else:
            call.stdout.write(data)
    except OSError as error:
        return call.fail(f"failed to open '{error.filename or values.get('if', '')}': {reason(error)}")
    seconds = time.monotonic() - began + len(data) / 4e8 + 0.0002
    full, rest = divmod(len(data), block)
    if values.get("status") != "none":
        rate = len(data) / seconds / 1e6
        speed = f"{rate / 1000:.1f} GB/s" if rate >= 1000 else f"{rate:.1f} MB/s" if rate >= 1 else f"{rate * 1000:.1f} kB/s"
        human = (
            f" ({len(data) / 1e6:.1f} MB, {len(data) / 1048576:.1f} MiB)"
            if len(data) >= 1e6
            else f" ({len(data) / 1e3:.1f} kB)"
        )
        call.error(f"{full}+{int(rest > 0)} records in\n{full}+{int(rest > 0)} records out")
        call.error(f"{len(data)} bytes{human if len(data) >= 1000 else ''} copied, {seconds:.6g} s, {speed}")
    return 0


async def _dd_input(call: Invocation, source: str, size: int, skip: int) -> bytes:
    path = call.absolute(source) if source else ""
    if path in ENDLESS:
        await call.shell.budget.step(64)
        return await endless(call, path, size)
    data = call.filesystem.read(path) if source else await call.stdin.all(size + skip)
    return data[skip : skip + size]


def _dd_output(call: Invocation, target: str, data: bytes, seek: int, *, keeps: bool) -> None:
    path = call.absolute(target)
    if path == "/dev/null":
        return
    old = call.filesystem.read(path) if call.filesystem.exists(path) and (keeps or seek) else b""
    seek = min(seek, MAX_DD)
    tail = old[seek + len(data) :] if keeps else b""
    call.filesystem.write(path, old[:seek].ljust(seek, b"\0") + data + tail)


async def make_temporary(call: Invocation) -> int:
    """``mktemp``."""
    options = call.options("dp:qtu", {"directory": "d", "tmpdir": "p"})
    template = options.operands[0] if options.operands else "tmp.XXXXXXXXXX"
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    name = re.sub("X{3,}$", lambda match: "".join(call.shell.random.choice(letters) for _ in match[0]), template)
    if not options.operands or "t" in options or "p" in options:
        name = f"{options.get('p') or call.environment.get('TMPDIR') or '/tmp'}/{name}"  # noqa: S108 - a folder of the pretended machine
    if "u" not in options:
        path = call.absolute(name)
        if "d" in options:
            call.filesystem.mkdir(path, 0o700)
        else:
            call.filesystem.write(path, b"", mode=0o600)
    call.line(name)
    return 0


async def truncate(call: Invocation) -> int:
    """``truncate`` and ``fallocate``."""
    options = call.options("s:cl:o:", {"size": "s", "length": "l"})
    size = size_of(options.get("s") or options.get("l", "0")) or 0
    for operand in options.operands:
        path = call.absolute(operand)
        old = call.filesystem.read(path) if call.filesystem.exists(path) else b""
        call.filesystem.write(path, old[:size].ljust(min(size, MAX_DD), b"\0"))
    return 0


async def shred(call: Invocation) -> int:
    """``shred``."""
    options = call.options("fn:uvz", {"remove": "u", "iterations": "n", "zero": "z"})
    for operand in options.operands:
        path = call.absolute(operand)
        size = call.filesystem.stat(path).size
        if "u" in options:
            call.filesystem.unlink(path)
        else:
            call.filesystem.write(path, call.shell.random.randbytes(min(size, MAX_DD)))
    return 0


PROGRAMS = {
    "dd": convert, "mktemp": make_temporary, "truncate": truncate, "fallocate": truncate, "shred": shred,
}  # fmt: skip
