# SPDX-License-Identifier: MIT
"""CONFIG: what an attacker reads first, and changes to write where he wants."""

import hashlib
from collections.abc import Callable

from decnet.lures.redis.call import Call, Handler, integer
from decnet.lures.redis.glob import matches
from decnet.lures.redis.resp import OK, ReplyError
from decnet.lures.redis.settings import IMMUTABLE, NUMBERS, PROTECTED

_UNITS = {"b": 1, "k": 1000, "kb": 1024, "m": 1000**2, "mb": 1024**2, "g": 1000**3, "gb": 1024**3}
_MAX_VALUE = 4096
_FOLDERS = """
/ /bin /boot /dev /dev/shm /etc /etc/cron.d /etc/cron.daily /etc/cron.hourly /etc/init.d /etc/ld.so.conf.d /etc/profile.d
/etc/redis /etc/ssh /etc/systemd/system /home /lib /mnt /opt /proc /root /root/.ssh /run /run/redis /sbin /srv /sys /tmp /usr
/usr/bin /usr/lib /usr/lib/redis/modules /usr/local/bin /usr/share /var /var/cache /var/lib /var/lib/redis /var/log
/var/log/redis /var/run /var/run/redis /var/spool /var/spool/cron /var/spool/cron/crontabs /var/tmp /var/www /var/www/html
"""
FOLDERS = frozenset(_FOLDERS.split())


def get(call: Call) -> dict[bytes, bytes]:
    """Return the settings whose names match."""
    patterns = [argument.lower() for argument in call.arguments[2:][:64]]
    settings = call.world.config
    return {
        name.encode(): value.encode("utf-8", "surrogateescape")
        for name, value in settings.items()
        if any(matches(pattern, name.encode()) for pattern in patterns)
    }


def set_(call: Call) -> str:
    """Change settings, all or none."""
    items = call.arguments[2:]
    if len(items) % 2 or (len(items) > 2 and not call.instance.is_late):
        raise ReplyError(
            "ERR wrong number of arguments for 'config|set' command" if call.instance.is_late else "ERR syntax error"
        )
    pairs = [(name.decode("latin-1").lower(), value) for name, value in zip(items[::2], items[1::2], strict=True)]
    changes = {name: _checked(call, name, value) for name, value in pairs}
    for name, value in changes.items():
        call.charge(value.encode("utf-8", "surrogateescape"))
        call.world.config[name] = value
        if name == "requirepass":
            _set_password(call, value)
    return OK


def _checked(call: Call, name: str, value: bytes) -> str:
    """Return a value as the setting keeps it; raise ``ReplyError`` where it may not be set so."""
    late = call.instance.is_late
    if name not in call.world.config:
        shown = call.arguments[2].decode("latin-1")
        unknown = f"ERR Unknown option or number of arguments for CONFIG SET - '{shown}'"
        raise ReplyError(unknown if late else f"ERR Unsupported CONFIG parameter: {shown}")

    def refuse(reason: str) -> ReplyError:
        early = f"ERR Invalid argument '{value.decode('latin-1')[:128]}' for CONFIG SET '{name}' - {reason}"
        return ReplyError(f"ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}" if late else early)

    if name in IMMUTABLE:
        raise refuse("can't set immutable config") if late else ReplyError(f"ERR Unsupported CONFIG parameter: {name}")
    if late and call.instance.options.protected and name in PROTECTED:
        raise refuse("can't set protected config")
    if len(value) > _MAX_VALUE:
        raise refuse("argument too long")
    text = value.decode("utf-8", "surrogateescape")
    return _typed(name, text, refuse, late=late)


def _typed(name: str, text: str, refuse: Callable[[str], ReplyError], *, late: bool) -> str:
    """Return a value in the form of its type."""
    if name == "dir":
        return _folder(text, late=late)
    if name == "dbfilename" and "/" in text:
        raise refuse("dbfilename can't be a path, just a filename")
    if name in NUMBERS:
        try:
            integer(text.encode("utf-8", "surrogateescape"))
        except ReplyError:
            raise refuse("argument couldn't be parsed into an integer") from None
    if name == "maxmemory":
        digits = text.rstrip("bkmgBKMG")
        unit = text[len(digits) :].lower() or "b"
        if not digits.isdigit() or len(digits) > 15 or unit not in _UNITS:
            raise refuse("argument must be a memory value")
        return str(int(digits) * _UNITS[unit])
    return text


def _folder(text: str, *, late: bool) -> str:
    """Return the folder that the server changes to; not every one is there."""
    path = text.rstrip("/") if text.strip("/") else "/"
    if not path.startswith("/"):
        path = "/var/lib/redis/" + path
    if path not in FOLDERS:
        reason = "Not a directory" if path.startswith(("/etc/passwd", "/etc/shadow")) else "No such file or directory"
        late_words = f"ERR CONFIG SET failed (possibly related to argument 'dir') - {reason}"
        raise ReplyError(late_words if late else f"ERR Changing directory: {reason}")
    return path


def _set_password(call: Call, password: str) -> None:
    """Make a password that of the default user."""
    account = call.world.accounts["default"]
    account.open = not password
    account.digests = [hashlib.sha256(password.encode("utf-8", "surrogateescape")).hexdigest()] if password else []


def rewrite(call: Call) -> str:
    """Pretend to write the configuration file."""
    del call
    return OK


CONFIGURATION: dict[str, Handler] = {
    "config|get": get,
    "config|set": set_,
    "config|rewrite": rewrite,
    "config|resetstat": rewrite,
}
