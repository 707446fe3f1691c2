# SPDX-License-Identifier: MIT
"""
How things look on a page: what an attacker wrote above all.

His text is never markup, never a link, and does not change the direction of what stands around it (``bdi``). Characters that
would not be seen, or that do something, are written out and marked as such.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup, escape

from decnet.domain.captured import visible

_ESCAPE: Final = re.compile(r"\\\\|\\(?:[tnr]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400
_KIB: Final = 1024


def captured(text: object) -> Markup:
    """Return text in the form of ``decnet.domain.captured`` as it may stand on a page."""
    return marked(visible(str(text)))


def marked(line: object) -> Markup:
    """Return a line that went through ``visible``; what it wrote out is marked, a doubled backslash is a single one again."""
    parts: list[str] = []
    at = 0
    for match in _ESCAPE.finditer(str(line)):
        parts.append(escape(str(line)[at : match.start()]))
        parts.append(escape("\\") if match[0] == "\\\\" else f'<span class="control">{escape(match[0])}</span>')
        at = match.end()
    parts.append(escape(str(line)[at:]))
    return Markup(f'<bdi class="captured">{"".join(parts)}</bdi>')  # noqa: S704 - every part was escaped above


def moment(text: str | None) -> Markup:
    """Return a time of api (RFC 3339, UTC) for people, to the second; a dash where there is none."""
    if not text:
        return Markup("&ndash;")
    at = datetime.fromisoformat(text).astimezone(UTC)
    return Markup('<time datetime="{}">{:%Y-%m-%d} <b>{:%H:%M:%S}</b></time>').format(at.isoformat(), at, at)


def seconds(value: float | None) -> str:
    """Return a duration."""
    if value is None:
        return "-"
    if value < _MINUTE:
        return f"{value:.1f} s"
    if value < _HOUR:
        return f"{value // _MINUTE:.0f} min {value % _MINUTE:.0f} s"
    if value < _DAY:
        return f"{value // _HOUR:.0f} h {value % _HOUR // _MINUTE:.0f} min"
    return f"{value // _DAY:.0f} d {value % _DAY // _HOUR:.0f} h"


def size(count: int) -> str:
    """Return a number of bytes."""
    if count < _KIB:
        return f"{count} B"
    amount, unit = count / _KIB, "KiB"
    if amount >= _KIB:
        amount, unit = amount / _KIB, "MiB"
    return f"{amount:.1f} {unit}"


def number(count: int) -> str:
    """Return a number with its thousands apart, by a space that does not break."""
    return f"{count:,}".replace(",", "\u202f")


def endpoint(address: str, port: int) -> str:
    """Return an address and a port as one writes them."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def nested(value: Any) -> list[tuple[str, Any]]:
    """Return the entries of a body's field that holds several: of a mapping, of a list of pairs, or numbered ones of a list."""
    if isinstance(value, dict):
        return [(str(name), entry) for name, entry in value.items()]
    pairs = [entry for entry in value if isinstance(entry, list) and len(entry) == 2]  # noqa: PLR2004 - a pair
    if len(pairs) == len(value):
        return [(str(name), entry) for name, entry in pairs]
    return [(str(place), entry) for place, entry in enumerate(value, start=1)]


def told(value: Any) -> str:
    """Return what the audit log says besides: words as they are, of a mapping each entry."""
    return ", ".join(f"{name} {entry}" for name, entry in value.items()) if isinstance(value, dict) else str(value)


FILTERS: Final = {
    "captured": captured,
    "marked": marked,
    "moment": moment,
    "seconds": seconds,
    "size": size,
    "number": number,
    "nested": nested,
    "told": told,
}
