# SPDX-License-Identifier: MIT
"""The listing of a folder as Apache's autoindex draws it."""

from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from decnet.lures.http.apache import Apache
from decnet.lures.http.message import Received
from decnet.lures.http.site import Page, Site

_COLUMNS = (("N", "Name"), ("M", "Last modified"), ("S", "Size"), ("D", "Description"))
_ICONS = {"txt": ("text", "[TXT]"), "html": ("text", "[TXT]"), "gz": ("compressed", "[   ]"), "zip": ("compressed", "[   ]")}
_UNKNOWN = ("unknown", "[   ]")
_KILO = 1024
_SHOWN_NAME = 23
_RULE = '   <tr><th colspan="5"><hr></th></tr>\n'


def draw(apache: Apache, site: Site, request: Received) -> bytes:
    """Return the page that lists the folder of the request."""
    folder = request.path
    column, descends = _order(request.head.query)
    rows = "".join(_row(name, page) for name, page in _sorted(site.entries(folder), column, descends=descends))
    title = escape(f"Index of {folder.rstrip('/') or '/'}")
    heads = "".join(_heading(key, words, column, descends=descends) for key, words in _COLUMNS)
    doctype = apache.doctype.replace("-//IETF//DTD HTML 2.0//EN", "-//W3C//DTD HTML 3.2 Final//EN")
    return (
        f"{doctype}<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n<h1>{title}</h1>\n  <table>\n"
        f'   <tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th>{heads}</tr>\n'
        f"{_RULE}{_parent(folder)}{rows}{_RULE}"
        f"</table>\n{apache.signature(request)}</body></html>\n"
    ).encode("utf-8", "replace")


def _order(query: bytes) -> tuple[str, bool]:
    """Return the column that a query sorts by, and whether downwards."""
    values = dict(item.partition(b"=")[::2] for item in query.replace(b"&", b";").split(b";"))
    column = values.get(b"C", b"N").decode("latin-1")
    return (column if column in "NMSD" and column else "N"), values.get(b"O") == b"D"


def _sorted(entries: list[tuple[str, Page | None]], column: str, *, descends: bool) -> list[tuple[str, Page | None]]:
    """Return entries in the order asked for; folders come first."""
    keys = {
        "M": lambda entry: entry[1].modified if entry[1] else 0,
        "S": lambda entry: len(entry[1].content) if entry[1] else 0,
    }
    key = keys.get(column, lambda entry: entry[0].lower())
    ordered = sorted(entries, key=key, reverse=descends)
    return sorted(ordered, key=lambda entry: entry[1] is not None)


def _heading(key: str, words: str, column: str, *, descends: bool) -> str:
    """Return the head of a column, a link that sorts by it."""
    order = "D" if key == column and not descends else "A"
    return f'<th><a href="?C={key};O={order}">{words}</a></th>'


def _parent(folder: str) -> str:
    """Return the row that leads up."""
    if folder == "/":
        return ""
    parent = quote(folder.rstrip("/").rpartition("/")[0] + "/")
    return (
        '<tr><td valign="top"><img src="/icons/back.gif" alt="[PARENTDIR]"></td>'
        f'<td><a href="{parent}">Parent Directory</a></td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>\n'
    )


def _row(name: str, page: Page | None) -> str:
    """Return the row of one name."""
    icon, label = _ICONS.get(name.rpartition(".")[2], _UNKNOWN) if page else ("folder", "[DIR]")
    moment = datetime.fromtimestamp(page.modified, UTC).strftime("%Y-%m-%d %H:%M") if page else "                "
    size = _size(len(page.content)) if page else "  - "
    shown = escape(name if len(name) <= _SHOWN_NAME else name[: _SHOWN_NAME - 3] + "..>")
    return (
        f'<tr><td valign="top"><img src="/icons/{icon}.gif" alt="{label}"></td><td><a href="{quote(name)}">{shown}</a></td>'
        f'<td align="right">{moment}  </td><td align="right">{size}</td><td>&nbsp;</td></tr>\n'
    )


def _size(size: int) -> str:
    """Return a size in four characters."""
    if size < 1000:
        return f"{size:3d} "
    return f"{size / _KILO:.1f}K" if size < 10 * _KILO else f"{size // _KILO:3d}K"
