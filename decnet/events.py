# SPDX-License-Identifier: MIT
"""
Every event that crosses the bus, and its topic.

An event is something that happened: a frozen dataclass, named subject and past participle, documented by its docstring.
On the wire it is ``{"type": CLASS, "payload": {FIELD: VALUE}}``. A topic may name fields in braces; they are filled in from
the event, so ``HealthReported(service="agent")`` travels on ``system.agent.health``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, ClassVar, dataclass_transform

import msgspec
import orjson

from decnet.errors import BusError

EVENTS: dict[str, type["Event"]] = {}
_FIELD = re.compile(r"\{([a-z_]+)\}")


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Event:
    """Base of all events; a subclass registers itself under its name."""

    topic_template: ClassVar[str]
    topic_format: ClassVar[str]
    topic_fields: ClassVar[Callable[..., Any] | None]
    pattern: ClassVar[str]

    def __init_subclass__(cls, topic: str) -> None:
        """Register the event; two events of one name are a programming error."""
        if cls.__name__ in EVENTS:
            raise TypeError(f"event {cls.__name__} is declared twice")
        cls.topic_template = topic
        names = _FIELD.findall(topic)
        cls.topic_format = _FIELD.sub("%s", topic)
        cls.topic_fields = attrgetter(*names) if names else None
        cls.pattern = _FIELD.sub("*", topic)
        EVENTS[cls.__name__] = dataclass(frozen=True, kw_only=True)(cls)

    @property
    def topic(self) -> str:
        """The topic of this event, its fields filled in."""
        fields = self.topic_fields
        return self.topic_format % fields(self) if fields else self.topic_template


class HealthReported(Event, topic="system.{service}.health"):
    """
    A service is alive and says how its work goes; every ten seconds.

    ``state`` is ``ok`` or a sentence; ``lag`` is in seconds; ``detail`` holds further counters of the service.
    """

    service: str
    at: datetime
    pid: int
    version: str
    state: str = "ok"
    handled: int = 0
    failed: int = 0
    dropped: int = 0
    lag: float = 0.0
    detail: dict[str, int | float | str] = field(default_factory=dict)


class HealthRequested(Event, topic="system.health.requested"):
    """Somebody wants to know at once how the services are; each answers with ``HealthReported``."""


class MessagesDropped(Event, topic="system.bus.dropped"):
    """The bus dropped ``count`` messages of one slow subscriber, who alone is told; it catches up from the store."""

    count: int
    total: int


class BusMeasured(Event, topic="system.bus.stats"):
    """The counters of the bus since its start; ``clients`` has one entry per connection."""

    at: datetime
    connections: int
    subscriptions: int
    received: int
    delivered: int
    dropped: int
    refused: int
    clients: list[dict[str, int | str]]


class EvidenceStored(Event, topic="evidence.{lure}.{kind}"):
    """A record reached the store. What it says stands there, encrypted: nothing that an attacker sent crosses the bus."""

    evidence_id: str
    at: datetime
    host: str
    decoy: str
    lure: str
    kind: str
    session: str
    address: str
    port: int


class AttackerObserved(Event, topic="attacker.observed"):
    """An address touched a decoy for the first time."""

    address: str
    at: datetime
    decoy: str


class SpoolIngested(Event, topic="spool.ingested"):
    """All records of a spool up to and including ``sequence`` are durable in the store; the writer may delete them."""

    host: str
    writer: str
    sequence: int


class FleetChanged(Event, topic="fleet.changed"):
    """The desired state of the decoys has a new revision in the store."""

    revision: int


class FleetApplied(Event, topic="fleet.applied"):
    """The agent worked through a revision; ``failed`` maps a decoy's name to the reason why it is not up."""

    host: str
    revision: int
    decoys: int
    failed: dict[str, str] = field(default_factory=dict)


def encode(event: Event) -> bytes:
    """Return the body that carries ``event``."""
    return orjson.dumps({"type": type(event).__name__, "payload": event})


def decode(body: bytes) -> Event:
    """Return the event of a body; raise ``BusError`` where it is none or not of its type's shape."""
    try:
        name = body[len(_HEAD) : body.index(b'"', len(_HEAD))] if body.startswith(_HEAD) else _NAME.decode(body).type.encode()
        event: Event = _decoder(name).decode(body).payload
    except (KeyError, ValueError, msgspec.MsgspecError) as error:
        raise BusError(f"a body on the bus is no event: {error}") from error
    return event


class _Name(msgspec.Struct):
    """A body of which only the name of the event is of interest."""

    type: str


_NAME = msgspec.json.Decoder(_Name)
_HEAD = b'{"type":"'
"""How ``encode`` begins; a body that is written otherwise costs a second look."""
_DECODERS: dict[bytes, msgspec.json.Decoder[Any]] = {}


def _decoder(name: bytes) -> msgspec.json.Decoder[Any]:
    """Return the decoder of the bodies of one event; raise ``KeyError`` where there is no such event."""
    decoder = _DECODERS.get(name)
    if decoder is None:
        shape = msgspec.defstruct("Body", [("payload", EVENTS[name.decode()])])
        decoder = _DECODERS[name] = msgspec.json.Decoder(shape)
    return decoder
