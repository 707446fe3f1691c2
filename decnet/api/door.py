# SPDX-License-Identifier: MIT
"""Who may come in: passwords, browsers that are logged in, tokens of programs."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final, Literal, TypeVar

from decnet.api.errors import Refusal
from decnet.api.throttle import MOST as KNOWN
from decnet.api.throttle import Throttle
from decnet.config.model import Api
from decnet.domain import passwords
from decnet.domain.access import Access
from decnet.domain.evidence import now
from decnet.host.memory import return_large_blocks
from decnet.store import accounts, audit, logins, tokens
from decnet.store.accounts import Account
from decnet.store.keys import Box
from decnet.store.pool import Pool

log = logging.getLogger(__name__)

Result = TypeVar("Result")

WAITING: Final = 32
"""How many passwords may wait to be looked at."""
_SEEN_SECONDS: Final = 60.0
_NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$7AKpjhYMZJyIvGVnuZjiDg$LsURIZ/8EBA5rYbITC1l52DL+fDH5HIN7jsjqEzt1UM"
"""What a password is compared with where there is no such account, so that it takes as long."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who showed who he is: a person (``session``) or a program (``token``); ``address`` is where he is."""

    name: str
    role: Access
    kind: Literal["session", "token"]
    must_change_password: bool
    expires_at: datetime
    address: str
    digest: bytes

    @property
    def actor(self) -> str:
        """What the audit log calls him."""
        return self.name if self.kind == "session" else f"token {self.name}"

    def note(self, connection: sqlite3.Connection, action: str, subject: str, detail: str = "") -> None:
        """Have the audit log remember what he does, within the caller's transaction."""
        audit.write(connection, actor=self.actor, address=self.address, action=action, subject=subject, detail=detail)


class Door:
    """Lets people and programs in; whoever was seen is written down now and then (``note_seen``)."""

    def __init__(self, pool: Pool, box: Box, settings: Api) -> None:
        self.settings = settings
        self.throttle = Throttle(settings.login_failures)
        self._pool = pool
        self._box = box
        # a password takes 19 MiB while it is looked at, and nothing afterwards
        return_large_blocks()
        self._hashing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._waiting = 0
        self._seen: dict[bytes, None] = {}
        self._seen_tokens: dict[int, tokens.Token] = {}

    def close(self) -> None:
        """Look at no more passwords."""
        self._hashing.shutdown(cancel_futures=True)

    async def open(self) -> None:
        """Make the first account where there is none, and remember from where people came in before a restart."""
        await self._make_first()
        for account, address in await self._pool.read(lambda connection: audit.places(connection, limit=KNOWN)):
            self.throttle.know(account, address)

    async def _make_first(self) -> None:
        """Make the first admin where there is no account; the password stands encrypted in the store, and nowhere else."""
        if not await self._pool.read(accounts.is_empty):
            return
        password = passwords.generated()
        hashed = await self._hash(lambda: passwords.hashed(password))
        if await self._pool.write(lambda connection: _make_first(connection, self._box, password, hashed)):
            log.info("made the first account, %s; its password: decnet admin password", accounts.FIRST)

    async def find(self, ticket: str, bearer: str, address: str) -> Visitor | None:
        """Return who shows a ticket of a browser, or the token of a program; None where it is nobody's."""
        if bearer:
            return await self._program(bearer, address)
        return await self._person(ticket, address) if ticket else None

    async def log_in(self, name: str, password: str, address: str) -> tuple[str, Visitor]:
        """Return the ticket of somebody who knows the password; raises ``Refusal`` for anybody else."""
        account = await self._verify(name, password, address, failure=audit.FAILED)
        return await self._begin(account, address, audit.LOGGED_IN, lambda _: None)

    async def change_password(self, visitor: Visitor, current: str, new: str) -> tuple[str, Visitor]:
        """
        Set the password that its owner chose, log him out everywhere and in here again; return the ticket.

        Raises ``PlanError`` for a password that is none, ``Refusal`` where the current one is wrong.
        """
        passwords.check(new)
        if new == current:
            raise Refusal("not-valid", 422, "the new password is the old one", remedy="choose another one")
        account = await self._verify(visitor.name, current, visitor.address, failure="password not changed")
        hashed = await self._hash(lambda: passwords.hashed(new))
        return await self._begin(
            account,
            visitor.address,
            "password changed",
            lambda connection: accounts.set_password(connection, account.name, hashed),
        )

    async def log_out(self, visitor: Visitor) -> None:
        """Forget a browser; a program's token stays what it is."""
        self._seen.pop(visitor.digest, None)
        await self._pool.write(lambda connection: logins.end(connection, visitor.digest))

    async def new_password(self) -> tuple[str, str]:
        """Return a generated password and its hash."""
        password = passwords.generated()
        return password, await self._hash(lambda: passwords.hashed(password))

    async def note_seen(self) -> None:
        """Write down who was here."""
        seen, self._seen = self._seen, {}
        programs, self._seen_tokens = self._seen_tokens, {}
        if seen or programs:
            await self._pool.write(lambda connection: _note(connection, list(seen), list(programs.values())))

    async def _person(self, ticket: str, address: str) -> Visitor | None:
        """Return who is logged in with a browser."""
        digest = passwords.digest(ticket)
        idle = self.settings.session_idle_seconds
        found = await self._pool.read(lambda connection: logins.find(connection, digest, idle_seconds=idle))
        if found is None:
            return None
        if (now() - found.last_at).total_seconds() > min(_SEEN_SECONDS, idle / 4):
            self._seen[digest] = None
        return Visitor(
            name=found.account,
            role=found.role,
            kind="session",
            must_change_password=found.must_change_password,
            expires_at=found.ends_at,
            address=address,
            digest=digest,
        )

    async def _program(self, bearer: str, address: str) -> Visitor | None:
        """Return whose token this is."""
        digest = passwords.digest(bearer)
        found = await self._pool.read(lambda connection: tokens.find(connection, digest))
        if found is None:
            return None
        if found.last_at is None or (now() - found.last_at).total_seconds() > _SEEN_SECONDS:
            self._seen_tokens[found.id] = found
        return Visitor(
            name=found.name,
            role=found.role,
            kind="token",
            must_change_password=False,
            expires_at=found.ends_at,
            address=address,
            digest=digest,
        )

    async def _verify(self, name: str, password: str, address: str, *, failure: str) -> Account:
        """
        Return the account whose password this is; count what is wrong, and let nobody try all the time.

        An attempt counts before it is looked at: of many at one time no more are than of many in a row.
        """
        account = await self._pool.read(lambda connection: accounts.find(connection, name))
        kept = account.password if account else _NOBODY
        self._refuse_crowd()
        wait = self.throttle.wait_seconds(name, address)
        if wait > 0:
            raise _later(wait)
        self.throttle.fail(name, address)
        is_right = await self._hash(lambda: passwords.is_right(password, kept))
        if account is None or not is_right or account.is_disabled:
            known = account.name if account else "no such account"
            log.warning("%s at %s: %s", failure, address, known)
            await self._pool.write(lambda connection: audit.write(connection, actor=known, address=address, action=failure))
            raise _wrong()
        self.throttle.succeed(name, address)
        return account

    async def _begin(
        self, account: Account, address: str, action: str, before: Callable[[sqlite3.Connection], None]
    ) -> tuple[str, Visitor]:
        """Log somebody in, in the transaction of what comes ``before``, unless his password is another one by now."""
        ticket = passwords.new_ticket()
        digest = passwords.digest(ticket)

        def work(connection: sqlite3.Connection) -> tuple[datetime, Account]:
            kept = accounts.find(connection, account.name)
            if kept is None or kept.password != account.password:
                raise _wrong()
            before(connection)
            accounts.note_login(connection, account.name)
            audit.write(connection, actor=account.name, address=address, action=action)
            ends_at = logins.begin(connection, digest, account.name, address=address, seconds=self.settings.session_seconds)
            return ends_at, accounts.get(connection, account.name)

        ends_at, found = await self._pool.write(work)
        visitor = Visitor(
            name=found.name,
            role=found.role,
            kind="session",
            must_change_password=found.must_change_password,
            expires_at=ends_at,
            address=address,
            digest=digest,
        )
        return ticket, visitor

    async def _hash(self, work: Callable[[], Result]) -> Result:
        """Do slow work with a password in its own thread, one after the other; too many at a time are sent away."""
        self._refuse_crowd()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hashing, work)
        finally:
            self._waiting -= 1

    def _refuse_crowd(self) -> None:
        """Send somebody away where too many wait."""
        if self._waiting >= WAITING:
            raise _later(1.0)


def _wrong() -> Refusal:
    """Return the refusal of who does not know the password."""
    return Refusal("login-failed", 401, "the name or the password is wrong")


def _later(seconds: float) -> Refusal:
    """Return the refusal of who tries too often."""
    wait = ceil(seconds)
    return Refusal("too-many-requests", 429, f"too many attempts; try again in {wait} s", headers={"retry-after": str(wait)})


def _make_first(connection: sqlite3.Connection, box: Box, password: str, hashed: str) -> bool:
    """Make the first account unless somebody else just did; say whether it was made here."""
    if not accounts.is_empty(connection):
        return False
    accounts.add(connection, box, accounts.FIRST, Access.ADMIN, generated=password, password=hashed)
    audit.write(connection, actor="decnet", address="", action="account made", subject=accounts.FIRST, detail="the first one")
    return True


def _note(connection: sqlite3.Connection, people: list[bytes], programs: list[tokens.Token]) -> None:
    """Write down who was here."""
    for digest in people:
        logins.see(connection, digest)
    for token in programs:
        tokens.see(connection, token)
