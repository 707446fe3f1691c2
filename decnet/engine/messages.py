# SPDX-License-Identifier: MIT
"""
The messages of the hand-over protocol, versions 1 and 2; ``decnet.engine.handover`` says how they travel.

The decoys service dials and says ``Hello``; the agent answers ``Welcome`` with the version that both speak, or ``End``. Then
the decoys service offers every socket that it still holds, the agent serves what shall be and withdraws the rest.

From version 2 on a lure may have a socket for one more connection, as FTP's passive mode needs one: the decoys service says
``Ask``, the agent ``Grant`` or ``Deny``, and ``Return`` ends it. Such a socket is never offered: it ends with the connection.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from decnet.domain.persona import Decoy
from decnet.errors import HostError

VERSIONS = (1, 2)
ON_DEMAND = 2
"""The first version in which sockets can be asked for."""

LONGEST_SECONDS = 600.0
"""How long a socket that was asked for may listen."""

Text = Annotated[str, Meta(max_length=64 * 1024)]
Number = Annotated[int, Meta(ge=0, le=2**53)]


class HandoverError(HostError):
    """The peer broke the hand-over protocol; the connection ends, what both hold stays."""


class Key(NamedTuple):
    """The address and port that a socket is bound to."""

    address: str
    port: int


class Post(msgspec.Struct, frozen=True):
    """A socket's task: for which decoy, as which lure, with which options it is served."""

    key: Key
    decoy: Decoy
    lure: str
    options: dict[str, str]


class Message(msgspec.Struct, tag_field="type"):
    """Base of all messages."""


class Hello(Message, tag="hello"):
    """Decoys: the versions of this protocol that it speaks, and its own version."""

    versions: list[int]
    program: Text


class Welcome(Message, tag="welcome"):
    """Agent: the version to speak, its own version, and the host's name in every record."""

    version: int
    program: Text
    host: Text


class End(Message, tag="end"):
    """Agent: this connection is refused or over, and why; the sockets stay where they are."""

    reason: Text


class Bye(Message, tag="bye"):
    """Decoys: it stops on request."""

    reason: Text = ""


class Offer(Message, tag="offer"):
    """Decoys: sockets that it still holds, a descriptor for each key; ``last`` where no more follow."""

    keys: list[Key]
    last: bool


class Serve(Message, tag="serve"):
    """
    Agent: accept on these sockets, a descriptor for each post; for a key that is already held only the task changes.

    One without posts says that everything was handed over that the agent held when the connection began.
    """

    posts: list[Post]


class Withdraw(Message, tag="withdraw"):
    """Agent: close your copies of these sockets; their sessions end."""

    keys: list[Key]


class Withdrawn(Message, tag="withdrawn"):
    """Decoys: the copies are closed."""

    keys: list[Key]


class Trouble(Message, tag="trouble"):
    """Decoys: nobody serves this socket, and why; the reason is empty once it is served."""

    key: Key
    reason: Text


class Relayed(Message, tag="relayed"):
    """Both: the body of an event, on its topic. Each side takes only topics of the decoys service's row in the catalogue."""

    topic: Text
    body: Annotated[str, Meta(max_length=1024 * 1024)]


class Ask(Message, tag="ask"):
    """
    Decoys: open a socket for one connection, on the address of the socket ``beside``, for at most so many seconds.

    ``number`` is the asker's, and stands in the answer.
    """

    number: Number
    beside: Key
    seconds: Annotated[float, Meta(gt=0, le=LONGEST_SECONDS)]


class Grant(Message, tag="grant"):
    """Agent: the socket that was asked for, with its descriptor."""

    number: Number
    key: Key


class Deny(Message, tag="deny"):
    """Agent: there is no such socket, and why; ``wait_seconds`` above 0 says when it is worth asking again."""

    number: Number
    reason: Text
    wait_seconds: float = 0.0


class Return(Message, tag="return"):
    """Decoys: the copy of a socket that was asked for is closed."""

    number: Number


AnyMessage = (
    Hello | Welcome | End | Bye | Offer | Serve | Withdraw | Withdrawn | Trouble | Relayed | Ask | Grant | Deny | Return
)
Kind = TypeVar("Kind", bound=Message)


def expect(message: Message, kind: type[Kind]) -> Kind:
    """Return ``message`` if it is of this kind; raise ``HandoverError`` otherwise, with the reason of an ``End``."""
    if isinstance(message, kind):
        return message
    if isinstance(message, End):
        raise HandoverError(f"the agent refuses: {message.reason}")
    raise HandoverError(f"expected {kind.__name__}, got {type(message).__name__}")


def agree(offered: Sequence[int]) -> int:
    """Return the newest version that both sides speak; raise ``HandoverError`` where there is none."""
    common = set(offered) & set(VERSIONS)
    if common:
        return max(common)
    raise HandoverError(
        f"the decoys service speaks the hand-over versions {_list(offered)}, the agent {_list(VERSIONS)}",
        remedy="run agent and decoys of one version of decnet, and restart the older one",
    )


def show(key: Key) -> str:
    """Return a key as people write it."""
    return f"[{key.address}]:{key.port}" if ":" in key.address else f"{key.address}:{key.port}"


def _list(versions: Sequence[int]) -> str:
    """Return versions as a list for people."""
    return ", ".join(str(version) for version in versions) or "none"
