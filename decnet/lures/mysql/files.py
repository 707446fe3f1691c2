# SPDX-License-Identifier: MIT
"""Files that statements read and write: those of the machine, as this attacker has left it by whichever lure."""

from contextlib import suppress
from typing import Any

from decnet.lures.mysql.instance import Visit, visit_of
from decnet.lures.mysql.values import text
from decnet.lures.mysql.wording import MysqlError
from decnet.lures.shell.text.etc import DAEMONS
from decnet.lures.shell.volume import READ, User
from decnet.lures.sql.context import Column, Context
from decnet.lures.sql.value import Row, Value

_ACCOUNT = DAEMONS["mysql"]
_MYSQL = User(_ACCOUNT.uid, _ACCOUNT.gid)
_MOST = 1 << 20
_DATA = "/var/lib/mysql"
_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - folders of the pretended machine
PLUGINS = ("/usr/lib/mysql/plugin/", "/usr/lib/x86_64-linux-gnu/mariadb19/plugin/")
_WRITABLE = (*_TEMPORARY, *PLUGINS, f"{_DATA}/", "/var/www/", "/srv/www/")
"""Where the server's account could write on a badly kept machine: what attackers hope for."""


def read_file(context: Context, path: Value) -> Value:
    """Return the content of a file as LOAD_FILE does; NULL where it cannot be read."""
    visit = visit_of(context)
    if path is None or not visit.instance.options.files or not visit.account.is_super:
        return None
    name = text(path)
    if not name or "\0" in name or len(name) > 1024:
        return None
    name = _full(name)
    view = visit.filesystem.bound(_MYSQL)
    try:
        if view.is_folder(name) or not view.access(name, READ):
            return None
        content = view.read(name)
    except OSError:
        return None
    return content if len(content) <= _MOST else None


def write_result(context: Context, into: tuple[str, Any], columns: list[Column], rows: list[Row]) -> None:
    """Put a result into a file or into variables."""
    what, target = into
    if what == "variables":
        _set_variables(context, target, rows)
        return
    path, options = target
    visit = visit_of(context)
    content = _dumped(rows) if what == "dumpfile" else _written(rows, options)
    context.budget.keep(len(content))
    # the file is evidence whether or not the server would have let it be written
    visit.capture(content, path)
    full = _writable(visit, path)
    if what == "dumpfile" and len(rows) > 1:
        raise MysqlError(1172, "42000", "Result consisted of more than one row")
    _keep(visit, full, content)
    del columns


def _full(path: str) -> str:
    """Return an absolute path."""
    return path if path.startswith("/") else f"{_DATA}/{path}"


def _keep(visit: Visit, full: str, content: bytes) -> None:
    """Put a file onto the machine, as far as there is room, with folders that a badly kept machine would have."""
    files, folders = visit.filesystem, full.split("/")[1:-1]
    with suppress(OSError):
        for count in range(1, len(folders) + 1):
            folder = "/" + "/".join(folders[:count])
            if not files.exists(folder):
                files.mkdir(folder, 0o755)
                files.chown(folder, _ACCOUNT.uid, _ACCOUNT.gid)
        files.write(full, content)
        files.chmod(full, 0o666)
        files.chown(full, _ACCOUNT.uid, _ACCOUNT.gid)


def _writable(visit: Visit, path: str) -> str:
    """Return the absolute path of a file; raises where the server would not write it."""
    if not visit.account.is_super:
        raise MysqlError(1045, "28000", f"Access denied for user '{visit.user}'@'{visit.host}' (using password: YES)")
    if not visit.instance.options.files:
        option = (
            f"The {visit.product.name} server is running with the --secure-file-priv option so it cannot execute this statement"
        )
        raise MysqlError(1290, "HY000", option)
    full = _full(path)
    folder, _, name = full.rpartition("/")
    view = visit.filesystem
    if name and view.exists(full):
        raise MysqlError(1086, "HY000", f"File '{path}' already exists")
    is_known = view.is_folder(folder) or folder.startswith(_DATA) or f"{folder}/".startswith((*PLUGINS, *_TEMPORARY))
    if not is_known or not name:
        raise MysqlError(1, "HY000", f"Can't create/write to file '{full}' (Errcode: 2 \"No such file or directory\")")
    if not f"{folder}/".startswith(_WRITABLE):
        raise MysqlError(1, "HY000", f"Can't create/write to file '{full}' (Errcode: 13 \"Permission denied\")")
    return full


def _octets(value: Any) -> bytes:
    """Return a value as bytes."""
    return value if isinstance(value, bytes) else text(value).encode("utf-8", "surrogateescape")


def _dumped(rows: list[Row]) -> bytes:
    """Return a row as DUMPFILE writes it: nothing between its columns."""
    return b"".join(_octets(value) for row in rows[:1] for value in row if value is not None)


def _written(rows: list[Row], options: dict[str, str]) -> bytes:
    """Return rows as OUTFILE writes them."""
    between = options.get("fields terminated", "\t").encode("utf-8", "surrogateescape")
    around = options.get("fields enclosed", "").encode("utf-8", "surrogateescape")
    end = options.get("lines terminated", "\n").encode("utf-8", "surrogateescape")
    start = options.get("lines starting", "").encode("utf-8", "surrogateescape")
    mark = options.get("fields escaped", "\\").encode("utf-8", "surrogateescape")
    lines = []
    for row in rows:
        cells = [
            mark + b"N" if value is None else around + _escaped(_octets(value), mark, between, end) + around for value in row
        ]
        lines.append(start + between.join(cells) + end)
    return b"".join(lines)


def _escaped(octets: bytes, mark: bytes, between: bytes, end: bytes) -> bytes:
    """Return the bytes of a cell with what has a meaning escaped."""
    if not mark:
        return octets
    octets = octets.replace(mark, mark + mark).replace(b"\0", mark + b"0")
    for special in dict.fromkeys((between[:1], end[:1])):
        if special:
            octets = octets.replace(special, mark + special)
    return octets


def _set_variables(context: Context, names: list[str], rows: list[Row]) -> None:
    """Set variables to the columns of the only row."""
    if len(rows) > 1:
        raise MysqlError(1172, "42000", "Result consisted of more than one row")
    if rows and len(rows[0]) != len(names):
        raise MysqlError(1222, "21000", "The used SELECT statements have a different number of columns")
    for name, value in zip(names, rows[0] if rows else (), strict=False):
        if len(context.variables) < 200:
            context.variables[name.lstrip("@").lower()] = value
