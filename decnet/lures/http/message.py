# SPDX-License-Identifier: MIT
"""An HTTP request as it came and an answer before a server's manners are applied to it."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Version(NamedTuple):
    """The number of a protocol version, 0.9 for a request line that names none."""

    major: int
    minor: int


SIMPLE = Version(0, 9)


@dataclass(frozen=True, kw_only=True)
class Head:
    """
    A request line and its header fields; bytes as the client sent them, only white space around a value is gone.

    ``version_text`` is ``b""`` for HTTP/0.9. ``fault`` says what cannot be understood: ``""``, ``method``, ``line``,
    ``version``, ``target-size``, ``field-size`` or ``fields``. ``bare`` tells that a line ended without a carriage return,
    ``torn`` that a field has no colon.
    """

    line: bytes
    method: bytes = b""
    target: bytes = b""
    version_text: bytes = b""
    version: Version = SIMPLE
    fields: tuple[tuple[bytes, bytes], ...] = ()
    fault: str = ""
    bare: bool = False
    torn: bool = False

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of all fields called ``name`` (lower case)."""
        return [value for field_name, value in self.fields if field_name.lower() == name]

    def value(self, name: bytes) -> bytes:
        """Return the first value of a field, empty where there is none."""
        return next(iter(self.values(name)), b"")

    def tokens(self, name: bytes) -> set[bytes]:
        """Return the comma separated tokens of a field, in lower case."""
        return {token.strip().lower() for value in self.values(name) for token in value.split(b",")}

    @property
    def path(self) -> bytes:
        """The target without query, still encoded."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """What follows the first question mark of the target."""
        return self.target.partition(b"?")[2]


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request with its body; ``body`` is bounded, ``size`` is how many bytes of it came."""

    head: Head
    body: bytes = b""
    size: int = 0
    path: str = "/"
    host: str = ""
    port: int = 80
    scheme: str = "http"

    @property
    def usual_port(self) -> int:
        """The port that a URL of the scheme need not name."""
        return 443 if self.scheme == "https" else 80

    @property
    def port_suffix(self) -> str:
        """The port of the server as a URL names it."""
        return "" if self.port == self.usual_port else f":{self.port}"

    @property
    def method(self) -> str:
        """The method as text."""
        return self.head.method.decode("latin-1")


@dataclass(kw_only=True)
class Answer:
    """
    What to say; a server's manners turn it into bytes.

    ``modified`` (seconds since the epoch) marks a static file, which takes part in conditional and range requests.
    ``fields`` are further header fields, ``parameter`` is text that an error page shows, ``accepted`` tells that the
    credential of the request opened the door. ``hangs_up`` ends the connection without saying so, as real servers do after
    some refusals; a page that is not ``sized`` ends with the connection. ``is_markup`` says that ``parameter`` is our own HTML.
    """

    status: int
    body: bytes = b""
    content_type: str = ""
    modified: int | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    parameter: str = ""
    close: bool = False
    named: bool = True
    accepted: bool = False
    is_page: bool = False
    hangs_up: bool = False
    sized: bool = True
    is_markup: bool = False
