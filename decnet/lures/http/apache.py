# SPDX-License-Identifier: MIT
"""The manners of Apache httpd: what it refuses, its error pages, the order of its header fields."""

import re
import time
from collections import Counter
from hashlib import sha256
from html import escape
from http import HTTPStatus
from itertools import count

from decnet.lures.http.head import Limits
from decnet.lures.http.location import resolve
from decnet.lures.http.message import Answer, Head, Received
from decnet.lures.http.selection import http_date

METHODS = "GET,POST,OPTIONS,HEAD"
_KNOWN = frozenset(
    [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "CONNECT",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "VERSION-CONTROL",
        "CHECKOUT",
        "UNCHECKOUT",
        "CHECKIN",
        "UPDATE",
        "LABEL",
        "REPORT",
        "MKWORKSPACE",
        "MKACTIVITY",
        "BASELINE-CONTROL",
        "MERGE",
    ]
)
_REASONS = {
    200: "OK", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Found", 303: "See Other",
    304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 411: "Length Required", 412: "Precondition Failed",
    413: "Request Entity Too Large", 414: "Request-URI Too Long", 415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable", 417: "Expectation Failed", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}  # fmt: skip
_MISUNDERSTOOD = "Your browser sent a request that this server could not understand.<br />\n{}</p>"
_WORDS = {
    301: 'The document has moved <a href="{}">here</a>.</p>',
    302: 'The document has moved <a href="{}">here</a>.</p>',
    400: _MISUNDERSTOOD,
    401: (
        "This server could not verify that you\nare authorized to access the document\n"
        "requested.  Either you supplied the wrong\n"
        "credentials (e.g., bad password), or your\nbrowser doesn't understand how to supply\nthe credentials required.</p>"
    ),
    403: "You don't have permission to access this resource.</p>",
    404: "The requested URL was not found on this server.</p>",
    405: "The requested method {} is not allowed for this URL.</p>",
    413: "The requested resource does not allow request data with {} requests, or the amount of data provided in\n"
    "the request exceeds the capacity limit.</p>",
    414: "The requested URL's length exceeds the capacity\nlimit for this server.<br />\n</p>",
    416: "None of the range-specifier values in the Range\nrequest-header field overlap the current extent\n"
    "of the selected resource.</p>",
    417: (
        "The expectation given in the Expect request-header\nfield could not be met by this server.\nThe client sent<pre>\n"
        "    Expect: {}\n</pre>\n</p><p>Only the 100-continue expectation is supported.</p>"
    ),
    501: "{} not supported for current URL.<br />\n</p>",
}
_OVERSIZE = "Size of a request header field exceeds server limit."
_VERSION = re.compile(r"Apache/(\d+)\.(\d+)\.(\d+)")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)?(?::(\d*))?")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_FIELD_NAMES_AFTER_LENGTH = ("Content-Range",)


class Apache:
    """Apache httpd; ``software`` is its Server field, for example ``Apache/2.4.56 (Debian)``."""

    part_fields = ("Content-type", "Content-range")
    exact_dates = False
    refuses_bad_ranges = False
    merges_ranges = True
    asks_for_bodies = True
    requests_per_connection = 100
    lists_folders = True

    def __init__(self, software: str, name: str) -> None:
        self.software = software
        self.name = name
        match = _VERSION.match(software)
        version = tuple(map(int, match.groups())) if match else (2, 4, 56)
        # the document type of error pages and what a 304 repeats changed late in 2.4
        self._is_late = version >= (2, 4, 64)
        self.limits = Limits(line=8190, field=8192, total=1 << 20, fields=100, eager=False)
        self._boundaries = count(1)

    @property
    def doctype(self) -> str:
        """The document type of error pages."""
        late = '"-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd"'
        return f"<!DOCTYPE HTML PUBLIC {late if self._is_late else chr(34) + '-//IETF//DTD HTML 2.0//EN' + chr(34)}>\n"

    def etag(self, modified: int, size: int) -> str:
        """Return the entity tag of a file: size and time in microseconds."""
        return f'"{size:x}-{modified * 1_000_000:x}"'

    def boundary(self) -> str:
        """Return a boundary for several ranges."""
        return sha256(f"{self.name} {next(self._boundaries)}".encode()).hexdigest()[:16]

    def judge_head(self, head: Head) -> Answer | None:
        """Return the refusal of a head, before its body is looked at."""
        reasons = {
            "field-size": _OVERSIZE,
            "fields": "The number of request header fields exceeds this server's limit.",
        }
        if head.fault == "target-size":
            return Answer(status=414, close=True, is_page=True, named=False)
        if not head.fault and self._is_oversize(head):
            return Answer(status=400, close=True, is_page=True, named=False, parameter=_OVERSIZE)
        if head.fault or not self._is_line(head) or not self._are_fields(head):
            return Answer(status=400, close=True, is_page=True, named=False, parameter=reasons.get(head.fault, ""))
        return self._judge_target(head) or self._judge_expectation(head) or self._judge_method_name(head)

    def _judge_target(self, head: Head) -> Answer | None:
        """Return the refusal of a target that leads nowhere."""
        if head.target == b"*" or head.method == b"CONNECT":
            return None
        if b"%2f" in head.path.lower() or b"%00" in head.path:
            return Answer(status=404, is_page=True)
        return Answer(status=400, close=True, is_page=True) if resolve(head.path) is None else None

    def _judge_expectation(self, head: Head) -> Answer | None:
        """Return the refusal of an expectation other than the one there is."""
        expectation = head.value(b"expect")
        if expectation and expectation.lower() != b"100-continue":
            return Answer(status=417, is_page=True, hangs_up=True, parameter=expectation.decode("latin-1"))
        return None

    def judge_body(self, head: Head, length: int | None, fault: str) -> Answer | None:
        """Return the refusal of a body, from its announcement."""
        del head, length
        return Answer(status=400, close=True, is_page=True, named=False) if fault in ("coding", "length") else None

    def too_large(self) -> Answer:
        """Return the refusal of a body that is too large; this one only ends what broke."""
        return Answer(status=413, close=True, is_page=True, parameter="POST")

    def missing(self, path: str) -> Answer:
        """Return the answer for a path that is not there; a name that no file system holds is forbidden."""
        name = path.rpartition("/")[2]
        is_forbidden = name.startswith(".ht") or len(name) > 255
        return Answer(status=403 if is_forbidden else 404, is_page=True)

    def judge_method(self, method: str) -> Answer | None:
        """Return the answer to a method that needs no file, or that none takes."""
        if method == "OPTIONS":
            return Answer(status=200, fields=[("Allow", METHODS)])
        if method in ("GET", "HEAD", "POST"):
            return None
        return Answer(status=405, is_page=True, parameter=method, fields=[("Allow", METHODS)])

    def redirect(self, request: Received, path: str) -> Answer:
        """Return the redirection of a folder's name to its path with a slash."""
        query = "?" + request.head.query.decode("latin-1") if request.head.query else ""
        port = request.port_suffix if request.scheme == "https" and not request.host.rpartition("]")[2].count(":") else ""
        url = f"{request.scheme}://{request.host or self.name}{port}{path}{query}"
        return Answer(status=301, is_page=True, parameter=escape(url), fields=[("Location", url)])

    def page(self, request: Received, answer: Answer) -> bytes:
        """Return an error page."""
        reason = _REASONS.get(answer.status, "Error")
        parameter = answer.parameter if answer.is_markup else escape(answer.parameter, quote=False)
        words = _WORDS.get(answer.status, "").replace("{}", parameter)
        return (
            f"{self.doctype}<html><head>\n<title>{answer.status} {reason}</title>\n</head><body>\n<h1>{reason}</h1>\n"
            f"<p>{words}\n<hr>\n{self.signature(request, named=answer.named)}</body></html>\n"
        ).encode("latin-1", "replace")

    def signature(self, request: Received, *, named: bool = True) -> str:
        """Return the line below generated pages: it takes host and port from the request."""
        match = _HOST.fullmatch(request.host)
        usual = "80" if request.scheme == "http" else str(request.port)
        name, port = (match[1] or "", match[2] or usual) if named and match else ("", usual)
        return f"<address>{self.software} Server at {name.strip('[]') or self.name} Port {port}</address>\n"

    def render(self, request: Received, answer: Answer, *, keep: bool, left: int) -> bytes:
        """Return the bytes of an answer; ``left`` is how many more requests the connection may carry."""
        is_head = request.method == "HEAD"
        is_page = answer.is_page
        if is_page and answer.status != HTTPStatus.PRECONDITION_FAILED:
            answer.body, answer.content_type, answer.modified = (
                self.page(request, answer),
                "text/html; charset=iso-8859-1",
                None,
            )
        elif is_page:
            answer.body = b""
        hides_size = answer.status == HTTPStatus.NOT_MODIFIED or (is_page and is_head) or not answer.sized
        size = None if hides_size else len(answer.body)
        body = b"" if is_head or answer.status in (204, 304) else answer.body
        if request.head.version < (1, 0) and answer.named:
            return body
        chunked = answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and request.head.version >= (1, 1)
        if chunked:
            body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n" if body else b""
            size = None
        fields = self._fields(request, answer, size, chunked=chunked) + self._connection(request, keep=keep, left=left)
        if answer.content_type and answer.status != HTTPStatus.NOT_MODIFIED:
            fields.append(("Content-Type", answer.content_type))
        lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in fields]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body

    def _fields(self, request: Received, answer: Answer, size: int | None, *, chunked: bool) -> list[tuple[str, str]]:
        """Return the header fields up to the length, in the order of Apache."""
        del request
        fields = [("Date", http_date(time.time())), ("Server", self.software)]
        is_known = answer.status == HTTPStatus.NOT_MODIFIED and not self._is_late
        if answer.modified is not None:
            fields += [] if is_known else [("Last-Modified", http_date(answer.modified))]
            fields += [item for item in answer.fields if item[0] == "ETag"]
            fields += [] if is_known else [("Accept-Ranges", "bytes")]
        rest = [item for item in answer.fields if item[0] not in ("ETag", "Accept-Ranges")]
        fields += [item for item in rest if item[0] not in _FIELD_NAMES_AFTER_LENGTH]
        if size is not None:
            fields.append(("Content-Length", str(size)))
        fields += [("Transfer-Encoding", "chunked")] if chunked else []
        late = [item for item in rest if item[0] in _FIELD_NAMES_AFTER_LENGTH]
        return fields + ([] if chunked else late)

    def _connection(self, request: Received, *, keep: bool, left: int) -> list[tuple[str, str]]:
        """Return what is said about the connection: its end, or its bounds to a client that asked to keep it."""
        if not keep:
            return [("Connection", "close")]
        if b"keep-alive" in request.head.tokens(b"connection"):
            return [("Keep-Alive", f"timeout=5, max={left}"), ("Connection", "Keep-Alive")]
        return []

    def _judge_method_name(self, head: Head) -> Answer | None:
        """Return the answer to a method that the server as a whole takes or refuses."""
        method = head.method.decode("latin-1")
        if method not in _KNOWN:
            return None
        if method == "TRACE":
            return Answer(status=405, is_page=True, parameter=method, fields=[("Allow", "")])
        if method == "CONNECT":
            return Answer(status=405, is_page=True, parameter=method, fields=[("Allow", METHODS)])
        if head.target == b"*":
            return Answer(status=200 if method == "OPTIONS" else 400, is_page=method != "OPTIONS")
        return None

    def unknown_method(self, method: str) -> Answer | None:
        """Return the refusal of a method that Apache has never heard of."""
        if method in _KNOWN:
            return None
        return Answer(status=501, close=True, is_page=True, parameter=method, fields=[("Allow", METHODS)])

    def _is_oversize(self, head: Head) -> bool:
        """Whether fields of one name, which Apache joins, are too long together."""
        sizes: Counter[bytes] = Counter()
        for name, value in head.fields:
            sizes[name.lower()] += len(value) + 2
        return any(size > self.limits.field for size in sizes.values())

    def _is_line(self, head: Head) -> bool:
        """Whether the request line is one that Apache reads."""
        if not _TOKEN.fullmatch(head.method) or _CONTROLS.search(head.line) or b" " in head.target:
            return False
        if not head.version_text:
            return head.method == b"GET"
        is_target = head.target.startswith(b"/") or head.target == b"*" or head.method == b"CONNECT"
        return is_target and head.version >= (1, 0)

    def _are_fields(self, head: Head) -> bool:
        """Whether the header fields are well formed and name the host once."""
        hosts = head.values(b"host")
        if head.torn or (head.bare and self._is_late and head.version_text):
            return False
        if len(hosts) > 1 or (not hosts and head.version >= (1, 1)):
            return False
        if not all(host and _HOST.fullmatch(host.decode("latin-1")) for host in hosts):
            return False
        return all(self._is_field(index, *field) for index, field in enumerate(head.fields))

    def _is_field(self, index: int, name: bytes, value: bytes) -> bool:
        """Whether one field is well formed; a line that begins with white space continues the one before."""
        if _CONTROLS.search(value):
            return False
        return bool(_TOKEN.fullmatch(name)) or (index > 0 and name[:1] in (b" ", b"\t"))
