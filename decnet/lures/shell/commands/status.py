# SPDX-License-Identifier: MIT
"""Commands that describe files: stat, file, du."""

import re
import stat
import time

from decnet.lures.shell.commands.listing import Entry, blocks_of, human, shown_name, walk
from decnet.lures.shell.invocation import Invocation, Options, reason
from decnet.lures.shell.programs import MAGIC


async def show_status(call: Invocation) -> int:
    """``stat``."""
    options = call.options("Lfc:t", {"format": "c", "printf": "c", "dereference": "L"})
    code = 0
    for operand in options.operands:
        try:
            entry = Entry(call, operand, call.absolute(operand), follow="L" in options)
        except OSError as error:
            code = call.fail(f"cannot statx {shown_name(operand)}: {reason(error)}")
            continue
        if "c" in options:
            call.line(_formatted(call, entry, options.get("c")))
        else:
            _full_status(call, entry)
    return code


def kind_of(mode: int, size: int) -> str:
    """Return the kind of a file as ``stat`` names it."""
    if stat.S_ISREG(mode):
        return "regular file" if size else "regular empty file"
    names = {stat.S_IFDIR: "directory", stat.S_IFLNK: "symbolic link", stat.S_IFCHR: "character special file"}
    return names.get(stat.S_IFMT(mode), "block special file")


def _formatted(call: Invocation, entry: Entry, pattern: str) -> str:
    status = entry.status
    values = {
        "n": entry.name, "s": status.size, "a": f"{stat.S_IMODE(status.mode):o}", "A": stat.filemode(status.mode),
        "u": status.uid,
        "g": status.gid, "U": call.shell.accounts.user_name(status.uid), "G": call.shell.accounts.group_name(status.gid),
        "Y": int(status.modified), "X": int(status.accessed), "Z": int(status.modified), "y": _full_time(status.modified),
        "F": kind_of(status.mode, status.size), "i": status.inode, "h": status.links, "f": f"{status.mode:x}",
        "b": blocks_of(status) * 2, "B": 512, "o": 4096, "%": "%",
        "N": shown_name(entry.name), "W": 0, "d": 2049, "t": "0", "T": "0",
    }  # fmt: skip
    return re.sub("%(.)", lambda match: str(values.get(match[1], "?")), pattern[:1000])


def _full_time(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment)) + f".{int(moment * 1e9) % 10**9:09d} +0000"


def _full_status(call: Invocation, entry: Entry) -> None:
    status, accounts = entry.status, call.shell.accounts
    shown = f"{entry.name} -> {entry.target}" if entry.target else entry.name
    blocks = blocks_of(status) * 2
    call.out(
        f"  File: {shown}\n  Size: {status.size:<10}\tBlocks: {blocks:<10} IO Block: 4096   "
        f"{kind_of(status.mode, status.size)}\n"
        f"Device: 801h/2049d\tInode: {status.inode:<11} Links: {status.links}\n"
        f"Access: ({stat.S_IMODE(status.mode):04o}/{stat.filemode(status.mode)})  "
        f"Uid: ({status.uid:>5}/{accounts.user_name(status.uid):>8})   Gid: "
        f"({status.gid:>5}/{accounts.group_name(status.gid):>8})\n"
        f"Access: {_full_time(status.accessed)}\nModify: {_full_time(status.modified)}\nChange: {_full_time(status.modified)}\n"
        " Birth: -\n"
    )


async def tell_kind(call: Invocation) -> int:
    """``file``."""
    options = call.options("biLsz", {"brief": "b", "mime": "i"})
    for operand in options.operands:
        head = "" if "b" in options else f"{operand}: "
        try:
            entry = Entry(call, operand, call.absolute(operand))
        except OSError:
            call.line(f"{head}cannot open `{operand}' (No such file or directory)")
            continue
        call.line(head + _describe(call, entry))
    return 0


def _describe(call: Invocation, entry: Entry) -> str:
    if entry.target:
        return f"symbolic link to {entry.target}"
    if not stat.S_ISREG(entry.status.mode):
        return "sticky, directory" if entry.status.mode & stat.S_ISVTX else kind_of(entry.status.mode, 0)
    data = call.read(entry.path)
    magic = {
        b"\x1f\x8b": "gzip compressed data, from Unix", b"PK\x03\x04": "Zip archive data, at least v2.0 to extract",
        b"BZh": "bzip2 compressed data, block size = 900k", b"#!/bin/sh": "POSIX shell script, ASCII text executable",
        b"#!/bin/bash": "Bourne-Again shell script, ASCII text executable", b"<html": "HTML document, ASCII text",
        b"<!DOCTYPE html": "HTML document, ASCII text", b"\x89PNG": "PNG image data", b"%PDF": "PDF document, version 1.4",
    }  # fmt: skip
    if data.startswith(MAGIC):
        wide = "64-bit" if data[4:5] == b"\x02" else "32-bit"
        machine = {62: "x86-64", 3: "Intel 80386", 40: "ARM, EABI5", 183: "ARM aarch64", 8: "MIPS"}.get(
            data[18] if len(data) > 18 else 0
        )
        return f"ELF {wide} LSB pie executable, {machine or 'unknown'}, version 1 (SYSV), dynamically linked, stripped"
    for start, text in magic.items():
        if data.startswith(start):
            return text
    if not data:
        return "empty"
    return "ASCII text" if data.isascii() and b"\0" not in data else "data" if b"\0" in data else "UTF-8 Unicode text"


async def disk_usage(call: Invocation) -> int:
    """``du``."""
    options = call.options("abchd:kmsSx0", {"human-readable": "h", "summarize": "s", "max-depth": "d", "all": "a"})
    depth = int(options.get("d", "0" if "s" in options else "999")[:4] or 0)
    code = 0
    for operand in options.operands or ["."]:
        try:
            call.filesystem.lstat(call.absolute(operand))
        except OSError as error:
            code = call.fail(f"cannot access {shown_name(operand)}: {reason(error)}")
            continue
        for name, size in (await _sizes(call, operand, in_bytes="b" in options)).items():
            if name[len(operand.rstrip("/")) :].count("/") <= depth:
                call.line(f"{_size_shown(size, options)}\t{name}")
    return code


async def _sizes(call: Invocation, operand: str, *, in_bytes: bool) -> dict[str, int]:
    """Return the bytes at and below each folder, the deepest first."""
    sizes: dict[str, int] = {}
    folders: list[str] = []
    async for name, entry in walk(call, operand):
        size = entry.status.size if in_bytes else blocks_of(entry.status) * 1024
        if stat.S_ISDIR(entry.status.mode) or name == operand:
            folders.append(name)
        parent = name
        while True:
            sizes[parent] = sizes.get(parent, 0) + size
            if parent == operand or "/" not in parent:
                break
            parent = parent.rsplit("/", 1)[0] or "/"
    return {name: sizes[name] for name in reversed(folders)}


def _size_shown(size: int, options: Options) -> str:
    if "h" in options:
        return human(size)
    return str(size if "b" in options else size // (1024**2 if "m" in options else 1024))


PROGRAMS = {
    "stat": show_status, "file": tell_kind, "du": disk_usage,
}  # fmt: skip
