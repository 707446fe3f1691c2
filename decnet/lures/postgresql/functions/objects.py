# SPDX-License-Identifier: MIT
"""Functions of files and large objects: what attackers bring programs in with, and read files by."""

import errno
import posixpath
from typing import Any

from decnet.lures.postgresql.casting import bytes_of
from decnet.lures.postgresql.cluster import LargeObject
from decnet.lures.postgresql.functions.declare import Collection
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.value import Value

OBJECTS = Collection()
strict, plain = OBJECTS.strict, OBJECTS.plain
MAX_READ = 1 << 20
_WORDS = {
    errno.ENOENT: ("No such file or directory", "58P01"),
    errno.EACCES: ("Permission denied", "42501"),
    errno.EISDIR: ("Is a directory", "42809"),
    errno.ENOTDIR: ("Not a directory", "42809"),
    errno.EEXIST: ("File exists", "58P02"),
    errno.ENOSPC: ("No space left on device", "53100"),
    errno.ENAMETOOLONG: ("File name too long", "42602"),
    errno.EPERM: ("Operation not permitted", "42501"),
    errno.EROFS: ("Read-only file system", "42501"),
    errno.ELOOP: ("Too many levels of symbolic links", "58P01"),
    errno.ENOTEMPTY: ("Directory not empty", "42809"),
}


def file_error(error: OSError, form: str) -> Report:
    """Return what the server says of a file that cannot be used; ``form`` is the sentence before the reason."""
    reason, code = _WORDS.get(error.errno or 0, ("Invalid argument", "58030"))
    return Report(f"{form}: {reason}", code, routine="AllocateFile")


def _path(context: Any, value: Value) -> str:
    """Return an absolute path; one that is not lies in the server's folder."""
    return posixpath.join(context.lure.cluster.data_folder, text_of(value))


def _demand(context: Any, function: str) -> None:
    """Refuse who may not read the server's files."""
    if not context.lure.is_superuser:
        raise Report(f"permission denied for function {function}", "42501", routine="aclcheck_error")


def _read(context: Any, name: Value) -> bytes:
    """Return the content of a file; raises ``Report``."""
    shown = text_of(name)
    try:
        data: bytes = context.lure.cluster.files.read(_path(context, name))
    except OSError as error:
        raise file_error(error, f'could not open file "{shown}" for reading') from None
    return data[:MAX_READ]


@strict("pg_read_file", "text")
def pg_read_file(context: Any, name: Value, start: Value = 0, size: Value = MAX_READ, missing: Value = False) -> Value:  # noqa: FBT002 - a value of SQL
    """Return a part of a file as a text."""
    _demand(context, "pg_read_file")
    try:
        data = _read(context, name)
    except Report:
        if missing:
            return None
        raise
    first = int(start)  # type: ignore[arg-type]  # a number, or the call fails
    return data[first : first + int(size)].decode("utf-8", "replace")  # type: ignore[arg-type]  # as above


@strict("pg_read_binary_file", "bytea")
def pg_read_binary_file(context: Any, name: Value, start: Value = 0, size: Value = MAX_READ, _missing: Value = False) -> Value:  # noqa: FBT002 - a value of SQL
    """Return a part of a file."""
    _demand(context, "pg_read_binary_file")
    first = int(start)  # type: ignore[arg-type]  # a number, or the call fails
    return _read(context, name)[first : first + int(size)]  # type: ignore[arg-type]  # as above


@strict("pg_ls_dir", "text")
def pg_ls_dir(context: Any, name: Value, _missing: Value = False, _dots: Value = False) -> Value:  # noqa: FBT002 - a value of SQL
    """Return the names in a folder."""
    _demand(context, "pg_ls_dir")
    try:
        return list(context.lure.cluster.files.listdir(_path(context, name)))
    except OSError as error:
        raise file_error(error, f'could not open directory "{text_of(name)}"') from None


# --- large objects


def large(context: Any, oid: Value) -> LargeObject:
    """Return a large object; raises ``Report`` where there is none."""
    number = int(oid)  # type: ignore[arg-type]  # a number, or the call fails
    found: LargeObject | None = context.lure.cluster.large_objects.get(number)
    if found is None:
        raise Report(f"large object {number} does not exist", "42704", routine="inv_open")
    return found


@strict("lo_creat lo_create", "oid")
def lo_create(context: Any, oid: Value = 0) -> Value:
    """Make a large object."""
    wanted = max(int(oid), 0)  # type: ignore[arg-type]  # a number, or the call fails
    return context.lure.cluster.add_large_object(wanted, context.user).oid  # type: ignore[no-any-return]  # a number


@strict("lo_from_bytea", "oid")
def lo_from_bytea(context: Any, oid: Value, data: Value) -> Value:
    """Make a large object of bytes."""
    content = bytes_of(data)
    made = context.lure.cluster.add_large_object(int(oid), context.user, content)  # type: ignore[arg-type]  # a number
    context.lure.recorder.file(f"large object {made.oid}", content)
    return made.oid  # type: ignore[no-any-return]  # a number


@strict("lo_put", "void")
def lo_put(context: Any, oid: Value, start: Value, data: Value) -> Value:
    """Write into a large object."""
    _write(context, large(context, oid), int(start), bytes_of(data))  # type: ignore[arg-type]  # a number
    return ""


def _write(context: Any, found: LargeObject, start: int, data: bytes) -> None:
    """Write bytes at a place; what lies before it and was never written is zero."""
    if start < 0:
        raise Report("invalid large-object seek target", "22023", routine="inv_seek")
    end = start + len(data)
    context.lure.cluster.keep_large(max(end - len(found.data), 0))
    found.data.extend(bytes(max(end - len(found.data), 0)))
    found.data[start:end] = data
    context.lure.touch_large(found)


@strict("lo_get", "bytea")
def lo_get(context: Any, oid: Value, start: Value = 0, size: Value = MAX_READ) -> Value:
    """Return a part of a large object."""
    first = int(start)  # type: ignore[arg-type]  # a number, or the call fails
    return bytes(large(context, oid).data[first : first + int(size)])  # type: ignore[arg-type]  # as above


@strict("lo_unlink", "int4")
def lo_unlink(context: Any, oid: Value) -> Value:
    """Remove a large object."""
    found = large(context, oid)
    context.lure.finish_large(found)
    del context.lure.cluster.large_objects[found.oid]
    return 1


@strict("lo_import", "oid")
def lo_import(context: Any, name: Value, oid: Value = 0) -> Value:
    """Make a large object of a file of the server."""
    _demand(context, "lo_import")
    shown = text_of(name)
    try:
        data = context.lure.cluster.files.read(_path(context, name))
    except OSError as error:
        raise file_error(error, f'could not open server file "{shown}"') from None
    return context.lure.cluster.add_large_object(int(oid), context.user, data).oid  # type: ignore[arg-type,no-any-return]  # numbers


@strict("lo_export", "int4")
def lo_export(context: Any, oid: Value, name: Value) -> Value:
    """Write a large object to a file of the server: the way in which libraries are brought in."""
    _demand(context, "lo_export")
    data = bytes(large(context, oid).data)
    write_file(context.lure, _path(context, name), data, f'could not create server file "{text_of(name)}"')
    return 1


def write_file(work: Any, path: str, data: bytes, form: str) -> None:
    """Write a file of the server as its account may, and keep what was written; raises ``Report``."""
    work.recorder.file(path, data)
    try:
        work.cluster.files.write(path, data, mode=0o644)
    except OSError as error:
        raise file_error(error, form) from None


@strict("lo_open", "int4")
def lo_open(context: Any, oid: Value, _mode: Value) -> Value:
    """Open a large object: return a descriptor, which ends with the transaction."""
    descriptors = context.lure.backend.descriptors
    number = next((free for free in range(64) if free not in descriptors), None)
    if number is None:
        raise Report("too many large objects are open", "53000")
    descriptors[number] = [large(context, oid), 0]
    return number


def _descriptor(context: Any, number: Value) -> list[Any]:
    """Return an open large object and the place in it; raises ``Report``."""
    found: list[Any] | None = context.lure.backend.descriptors.get(number)
    if found is None:
        raise Report(f"invalid large-object descriptor: {text_of(number)}", "42704", routine="be_lo_close")
    return found


@strict("lo_close", "int4")
def lo_close(context: Any, number: Value) -> Value:
    """Close a descriptor."""
    context.lure.finish_large(_descriptor(context, number)[0])
    del context.lure.backend.descriptors[number]
    return 0


@strict("lowrite", "int4")
def lowrite(context: Any, number: Value, data: Value) -> Value:
    """Write where a descriptor stands."""
    opened, content = _descriptor(context, number), bytes_of(data)
    _write(context, opened[0], opened[1], content)
    opened[1] += len(content)
    return len(content)


@strict("loread", "bytea")
def loread(context: Any, number: Value, size: Value) -> Value:
    """Read where a descriptor stands."""
    opened = _descriptor(context, number)
    data = bytes(opened[0].data[opened[1] : opened[1] + int(size)])  # type: ignore[arg-type]  # a number, or the call fails
    opened[1] += len(data)
    return data


@strict("lo_lseek lo_lseek64", "int8")
def lo_lseek(context: Any, number: Value, offset: Value, whence: Value) -> Value:
    """Move a descriptor."""
    opened = _descriptor(context, number)
    base = {1: opened[1], 2: len(opened[0].data)}.get(whence, 0)  # type: ignore[arg-type]  # a number, or nothing is found
    opened[1] = max(base + int(offset), 0)  # type: ignore[arg-type]  # as above
    return int(opened[1])


@strict("lo_tell lo_tell64", "int8")
def lo_tell(context: Any, number: Value) -> Value:
    """Return where a descriptor stands."""
    return int(_descriptor(context, number)[1])


__all__ = ["OBJECTS", "file_error", "write_file"]
