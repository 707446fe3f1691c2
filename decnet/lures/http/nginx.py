# SPDX-License-Identifier: MIT
"""The manners of nginx: what it refuses, its error pages, the order of its header fields."""

import re
import time
from http import HTTPStatus
from itertools import count

from decnet.lures.http.head import Limits
from decnet.lures.http.location import resolve
from decnet.lures.http.message import Answer, Head, Received
from decnet.lures.http.selection import http_date

_REASONS = {
    200: "OK", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Moved Temporarily",
    303: "See Other", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Not Allowed", 408: "Request Time-out", 411: "Length Required", 412: "Precondition Failed",
    413: "Request Entity Too Large", 414: "Request-URI Too Large", 415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable", 417: "Expectation Failed", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Temporarily Unavailable",
    505: "HTTP Version Not Supported",
}  # fmt: skip
_TITLES = _REASONS | {302: "Found", 401: "Authorization Required"}
_PADDING = b"<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n" * 6
_TOO_LARGE = "Request Header Or Cookie Too Large"
_VERSION = re.compile(r"nginx/(\d+)\.(\d+)\.(\d+)")
_HOST = re.compile(rb"[^\x00-\x20/\x7f]*")
_MAX_BODY = 1 << 20
_MAJOR = 2
_PADDED = 400


class Nginx:
    """nginx; ``software`` is its Server field, for example ``nginx/1.18.0``."""

    part_fields = ("Content-Type", "Content-Range")
    exact_dates = True
    refuses_bad_ranges = True
    merges_ranges = False
    asks_for_bodies = False
    lists_folders = False

    def __init__(self, software: str) -> None:
        self.software = software
        match = _VERSION.match(software)
        self.version = tuple(map(int, match.groups())) if match else (1, 18, 0)
        # 1.21.1 began to refuse what smuggles requests: spaces in targets, chunked with a length, chunked in HTTP/1.0
        self._is_strict = self.version >= (1, 21, 1)
        self.limits = Limits(line=8190, field=8190, total=33792, fields=4000, eager=True)
        self.requests_per_connection = 1000 if self.version >= (1, 19, 10) else 100
        self._temporary = count(1)

    def etag(self, modified: int, size: int) -> str:
        """Return the entity tag of a file."""
        return f'"{modified:x}-{size:x}"'

    def boundary(self) -> str:
        """Return a boundary for several ranges."""
        return f"{next(self._temporary):020d}"

    def judge_head(self, head: Head) -> Answer | None:
        """Return the refusal of a head, before its body is looked at."""
        if head.fault == "target-size":
            return Answer(status=414, close=True, is_page=True)
        if head.fault == "field-size":
            return Answer(status=400, close=True, is_page=True, parameter=_TOO_LARGE)
        if head.fault or not self._is_line(head):
            return Answer(status=400, close=True, is_page=True)
        if head.version.major >= _MAJOR:
            return Answer(status=505, close=True, is_page=True)
        if resolve(head.path) is None or b"%00" in head.path or not self._has_host(head) or not self._are_fields(head):
            return Answer(status=400, close=True, is_page=True)
        return Answer(status=405, close=True, is_page=True) if head.method == b"TRACE" else None

    def judge_body(self, head: Head, length: int | None, fault: str) -> Answer | None:
        """Return the refusal of a body, from its announcement."""
        if fault == "coding":
            return Answer(status=501, close=True, is_page=True)
        smuggles = fault == "both" or (length is None and head.version < (1, 1))
        if fault == "length" or (smuggles and self._is_strict):
            return Answer(status=400, close=True, is_page=True)
        return self.too_large() if length is not None and length > _MAX_BODY else None

    def too_large(self) -> Answer:
        """Return the refusal of a body over ``client_max_body_size``."""
        return Answer(status=413, close=True, is_page=True)

    def missing(self, path: str) -> Answer:
        """Return the answer for a path that is not there."""
        return Answer(status=403 if path.rpartition("/")[2].startswith(".ht") else 404, is_page=True)

    def judge_method(self, method: str) -> Answer | None:
        """Return the refusal of a method on something that is there."""
        return None if method in ("GET", "HEAD") else Answer(status=405, is_page=True)

    def redirect(self, request: Received, path: str) -> Answer:
        """Return the redirection of a folder's name to its path with a slash."""
        name = request.host.partition(":")[0] if not request.host.startswith("[") else request.host.partition("]")[0] + "]"
        query = "?" + request.head.query.decode("latin-1") if request.head.query else ""
        url = f"{request.scheme}://{name or '_'}{request.port_suffix}{path}{query}"
        return Answer(status=301, is_page=True, fields=[("Location", url)])

    def page(self, request: Received, answer: Answer) -> bytes:
        """Return an error page."""
        title = f"{answer.status} {_TITLES.get(answer.status, 'Error')}"
        shown = f"{answer.status} {answer.parameter}" if answer.parameter else title
        extra = f"<center>{answer.parameter}</center>\r\n" if answer.parameter else ""
        page = (
            f"<html>\r\n<head><title>{shown}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n{extra}"
            f"<hr><center>{self.software}</center>\r\n</body>\r\n</html>\r\n"
        ).encode("latin-1", "replace")
        agent = request.head.value(b"user-agent")
        is_padded = answer.status >= _PADDED and (b"MSIE " in agent or b"Chrome/" in agent)
        return page + _PADDING if is_padded else page

    def render(self, request: Received, answer: Answer, *, keep: bool, left: int) -> bytes:
        """Return the bytes of an answer; ``left`` is not shown by nginx."""
        del left
        if answer.is_page:
            answer.body, answer.content_type = self.page(request, answer), "text/html"
            answer.modified = None
        body = answer.body
        fields = self._fields(answer, len(body), keep=keep)
        if request.method == "HEAD" or answer.status in (204, 304):
            body = b""
        if request.head.version < (1, 0) and not request.head.fault and request.head.target:
            return body
        lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in fields]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body

    def _fields(self, answer: Answer, size: int, *, keep: bool) -> list[tuple[str, str]]:
        """Return the header fields in the order of nginx."""
        further = [item for item in answer.fields if item[0] != "Location"]
        fields = [("Server", self.software), ("Date", http_date(time.time()))]
        if answer.status != HTTPStatus.NOT_MODIFIED:
            fields += [("Content-Type", answer.content_type)] if answer.content_type else []
            fields.append(("Content-Length", str(size)))
        if answer.modified is not None:
            fields.append(("Last-Modified", http_date(answer.modified)))
        fields += [item for item in answer.fields if item[0] == "Location"]
        fields.append(("Connection", "keep-alive" if keep else "close"))
        return fields + further

    def _is_line(self, head: Head) -> bool:
        """Whether the request line is one that nginx reads."""
        if re.search(rb"[^A-Z_-]", head.method) or b"\0" in head.target or b"\r" in head.line:
            return False
        if b" " in head.target and self._is_strict:
            return False
        if not head.version_text:
            return head.method == b"GET"
        return head.version >= (1, 0) and head.target.startswith(b"/")

    def _has_host(self, head: Head) -> bool:
        """Whether the host is named as HTTP/1.1 demands: once, and well formed."""
        hosts = head.values(b"host")
        if len(hosts) > 1 or (not hosts and head.version >= (1, 1)):
            return False
        return all(_HOST.fullmatch(host) and (host or head.version < (1, 1)) for host in hosts)

    def _are_fields(self, head: Head) -> bool:
        """Whether the header fields are such that nginx reads on; before 1.21.1 it ignored odd names."""
        if any(b"\0" in name or b"\0" in value for name, value in head.fields):
            return False
        return not self._is_strict or not any(re.search(rb"[\x00-\x20\x7f]", name) for name, _ in head.fields)
