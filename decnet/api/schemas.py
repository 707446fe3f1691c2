# SPDX-License-Identifier: MIT
"""What the API says and what it is told: one dataclass for each, from which the OpenAPI document is made."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field

from decnet.domain.access import ACCOUNT_NAME, Access
from decnet.domain.captured import visible
from decnet.domain.plan import Step
from decnet.store.accounts import Account
from decnet.store.evidence import Stored
from decnet.store.sessions import SessionSummary
from decnet.store.tokens import LONGEST_DAYS
from decnet.store.tokens import Token as StoredToken

Item = TypeVar("Item")

STRICT = ConfigDict(extra="forbid")
LONGEST_FLEET = 512 * 1024
Text = Annotated[str, Field(max_length=256)]
AccountName = Annotated[str, Field(pattern=f"^{ACCOUNT_NAME}$")]


@dataclass(frozen=True, kw_only=True)
class Items(Generic[Item]):
    """A whole list."""

    items: list[Item]


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Item]):
    """A part of a list, newest first; ``next`` is the cursor of the page that follows, null at the end."""

    items: list[Item]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class Health:
    """The API answers."""

    status: Literal["ok"] = "ok"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Somebody who wants to log in."""

    __pydantic_config__ = STRICT

    username: Text
    password: Annotated[str, Field(max_length=1024)]


@dataclass(frozen=True, kw_only=True)
class NewPassword:
    """A password that its owner chooses: at least 12 characters, at most 256 bytes."""

    __pydantic_config__ = STRICT

    current: Annotated[str, Field(max_length=1024)]
    new: Annotated[str, Field(max_length=1024)]


@dataclass(frozen=True, kw_only=True)
class Me:
    """Who asks, and until when at most."""

    name: str
    role: Access
    kind: Literal["session", "token"]
    must_change_password: bool
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A record as a list shows it; ``summary`` is one harmless line, other texts are as they were captured."""

    id: str
    number: int
    at: datetime
    host: str
    decoy: str
    lure: str
    session: str
    address: str
    port: int
    local_address: str
    local_port: int
    kind: str
    summary: str
    has_secret: bool


@dataclass(frozen=True, kw_only=True)
class EvidencePage(Page[Evidence]):
    """Records; ``sequence`` is the newest event at that moment: a live feed behind it goes on where this list ends."""

    sequence: int


@dataclass(frozen=True, kw_only=True)
class EvidenceDetail(Evidence):
    """A record, whole; the fields of ``body`` are those of its kind."""

    writer: str
    sequence: int
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A secret that was captured, as captured text."""

    secret: str


@dataclass(frozen=True, kw_only=True)
class Session:
    """One attacker's conversation with one lure; ``closed_at`` and ``reason`` are null while it lasts."""

    id: str
    host: str
    decoy: str
    lure: str
    address: str
    port: int
    local_address: str
    local_port: int
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None
    reason: str | None
    seconds: float
    records: int
    commands: int
    credentials: int
    files: int
    is_recorded: bool


@dataclass(frozen=True, kw_only=True)
class AttackerDetail:
    """What is known of an address, and the decoys that it reached, in that order."""

    address: str
    first_at: datetime
    last_at: datetime
    touches: int
    records: int
    credentials: int
    decoys: int
    names: list[str]


@dataclass(frozen=True, kw_only=True)
class TouchHour:
    """The connections of one hour, all and by lure."""

    at: datetime
    touches: int
    lures: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Touches:
    """Connections by the hour, the oldest first; the last hour is not over yet."""

    since: datetime
    until: datetime
    total: int
    hours: list[TouchHour]


@dataclass(frozen=True, kw_only=True)
class ArchetypeSummary:
    """A kind of decoy."""

    name: str
    summary: str
    lures: list[str]


@dataclass(frozen=True, kw_only=True)
class LureState:
    """One lure on one address."""

    name: str
    address: str
    port: int
    state: Literal["up", "waiting", "failed", "unknown"]
    error: str


@dataclass(frozen=True, kw_only=True)
class DecoyState:
    """One decoy; ``unknown`` where no agent runs that could say it."""

    name: str
    fleet: str
    archetype: str
    hostname: str
    addresses: list[str]
    state: Literal["up", "waiting", "failed", "unknown"]
    lures: list[LureState]


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What shall be (``revision``, of whom, since when) and what the agent made of it (``applied_revision``)."""

    revision: int
    applied_revision: int
    author: str
    changed_at: datetime | None
    is_agent_running: bool
    up: int
    decoys: list[DecoyState]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Decoys that somebody wants: the text of a fleet file, or a number of one archetype."""

    __pydantic_config__ = STRICT

    fleet: Annotated[str | None, Field(max_length=LONGEST_FLEET)] = None
    archetype: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    count: Annotated[int | None, Field(ge=1, le=1000)] = None
    revision: Annotated[int | None, Field(ge=0, lt=1 << 62)] = None


@dataclass(frozen=True, kw_only=True)
class Removal:
    """Decoys that somebody wants no more: by their names or those of their fleets, or all."""

    __pydantic_config__ = STRICT

    names: Annotated[list[Text], Field(max_length=1000)] = field(default_factory=list)
    all: bool = False
    dry_run: bool = False
    revision: Annotated[int | None, Field(ge=0, lt=1 << 62)] = None


@dataclass(frozen=True, kw_only=True)
class PlanStep:
    """One step: about a decoy, or about one lure of it."""

    action: Literal["create", "change", "remove"]
    decoy: str
    lure: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What has to be done; ``revision`` is what it is based on, or, where it is being done, the new one."""

    revision: int
    steps: list[PlanStep]


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """Somebody who shall have an account."""

    __pydantic_config__ = STRICT

    name: AccountName
    role: Access


@dataclass(frozen=True, kw_only=True)
class UserChange:
    """What of an account shall be another way."""

    __pydantic_config__ = STRICT

    role: Access | None = None
    is_disabled: bool | None = None


@dataclass(frozen=True, kw_only=True)
class User:
    """An account."""

    name: str
    role: Access
    is_disabled: bool
    must_change_password: bool
    created_at: datetime
    last_login_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class UserWithPassword(User):
    """A new account and its generated password, which has to be changed at the first login."""

    password: str


@dataclass(frozen=True, kw_only=True)
class GeneratedPassword:
    """A generated password, which has to be changed at the next login."""

    password: str


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A program that shall have access."""

    __pydantic_config__ = STRICT

    name: AccountName
    role: Access
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


@dataclass(frozen=True, kw_only=True)
class Token:
    """The access of a program."""

    id: int
    name: str
    role: Access
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TokenWithText(Token):
    """A new token and what the program has to show; it is shown once."""

    token: str


def evidence_of(stored: Stored) -> Evidence:
    """Return a record as a list shows it."""
    return Evidence(**_evidence(stored))


def detail_of(stored: Stored) -> EvidenceDetail:
    """Return a record, whole."""
    record = stored.record
    body = asdict(record.body)  # type: ignore[call-overload]  # every body is a dataclass
    return EvidenceDetail(**_evidence(stored), writer=record.writer, sequence=record.sequence, body=body)


def _evidence(stored: Stored) -> dict[str, Any]:
    """Return what a list shows of a record."""
    record = stored.record
    origin = record.origin
    return {
        "id": record.id,
        "number": stored.number,
        "at": record.at,
        "host": record.host,
        "decoy": origin.decoy,
        "lure": origin.lure,
        "session": origin.session,
        "address": origin.peer.address,
        "port": origin.peer.port,
        "local_address": origin.local.address,
        "local_port": origin.local.port,
        "kind": record.kind,
        "summary": visible(record.body.summary()),
        "has_secret": stored.secret_id is not None,
    }


def session_of(found: SessionSummary) -> Session:
    """Return a session."""
    origin = found.origin
    return Session(
        id=found.id,
        host=found.host,
        decoy=origin.decoy,
        lure=origin.lure,
        address=origin.peer.address,
        port=origin.peer.port,
        local_address=origin.local.address,
        local_port=origin.local.port,
        first_at=found.first_at,
        last_at=found.last_at,
        closed_at=found.closed_at,
        reason=found.reason,
        seconds=(found.last_at - found.first_at).total_seconds(),
        records=found.records,
        commands=found.commands,
        credentials=found.credentials,
        files=found.files,
        is_recorded=found.recording is not None,
    )


def user_of(account: Account) -> User:
    """Return an account without its password."""
    return User(
        name=account.name,
        role=account.role,
        is_disabled=account.is_disabled,
        must_change_password=account.must_change_password,
        created_at=account.created_at,
        last_login_at=account.last_login_at,
    )


def token_of(found: StoredToken) -> Token:
    """Return a token."""
    return Token(
        id=found.id,
        name=found.name,
        role=found.role,
        created_by=found.created_by,
        created_at=found.created_at,
        expires_at=found.ends_at,
        last_used_at=found.last_at,
    )


def plan_of(revision: int, steps: tuple[Step, ...]) -> Plan:
    """Return a plan."""
    shown = [PlanStep(action=step.action, decoy=step.decoy, lure=step.lure, detail=step.detail) for step in steps]
    return Plan(revision=revision, steps=shown)
