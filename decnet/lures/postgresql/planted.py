# SPDX-License-Identifier: MIT
"""The tables that lie in a decoy's database before anybody comes, made from its seed."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from decnet.domain.persona import Persona
from decnet.lures.postgresql.kind import BY_NAME
from decnet.lures.shell.machine import Machine
from decnet.lures.sql.value import Row, Type
from decnet.lures.sql.world import Key, Table, TableColumn

_FIRST = ("Anna", "Jan", "Maria", "Peter", "Lucia", "Tom", "Olga", "Stefan", "Julia", "Marc", "Sofia", "Daniel", "Eva", "Paul")
_LAST = ("Weber", "Novak", "Smith", "Meier", "Rossi", "Nguyen", "Keller", "Brown", "Kowalski", "Martin", "Larsen", "Silva")
_CITIES = ("Hamburg", "Leeds", "Lyon", "Graz", "Bologna", "Gdansk", "Utrecht", "Malmo", "Porto", "Brno")
_STATES = ("paid", "paid", "paid", "shipped", "shipped", "open", "cancelled")
_DAY = 86_400


def type_of_kind(name: str, length: int = 0, scale: int = 0) -> Type:
    """Return the evaluator's type of one of the server's types."""
    return Type(name, BY_NAME[name].family, length, scale)


class _Seed:
    """Draws values for one decoy, always the same."""

    def __init__(self, persona: Persona) -> None:
        self.persona = persona

    def number(self, purpose: str, low: int, high: int) -> int:
        """Return a number."""
        return self.persona.between(f"postgresql {purpose}", low, high)

    def choice(self, purpose: str, choices: tuple[str, ...]) -> str:
        """Return one of several."""
        return self.persona.choose(f"postgresql {purpose}", choices)

    def moment(self, purpose: str, now: float, days: int) -> datetime:
        """Return a moment of the last days."""
        seconds = now - self.number(purpose, 3_600, days * _DAY)
        return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=self.number(purpose + " micro", 0, 999_999))

    def name(self, purpose: str) -> tuple[str, str]:
        """Return a first and a last name."""
        return self.choice(purpose + " first", _FIRST), self.choice(purpose + " last", _LAST)


def plant(persona: Persona, machine: Machine) -> dict[str, Table]:
    """Return the tables of the application's database."""
    seed, now = _Seed(persona), machine.booted_at
    made = machine.installed_at + 2 * _DAY
    tables = [
        _table("users", _USERS, lambda: list(_users(seed, machine, now)), "username", "email"),
        _table("customers", _CUSTOMERS, lambda: list(_customers(seed, now)), "email"),
        _table("orders", _ORDERS, lambda: list(_orders(seed, now))),
        _table("payments", _PAYMENTS, lambda: list(_payments(seed, now))),
        _table("api_keys", _API_KEYS, lambda: list(_api_keys(seed, now)), "key"),
        _table("settings", _SETTINGS, lambda: list(_settings(seed)), serial=False),
    ]
    for table in tables:
        table.created_at = made
    return {table.name: table for table in tables}


def _table(
    name: str, columns: tuple[tuple[str, str, bool], ...], make: Callable[[], list[Row]], *unique: str, serial: bool = True
) -> Table:
    """Return a table whose first column is its primary key."""
    first = columns[0][0]
    made = [
        TableColumn(title, _parsed(kind), nullable=nullable, automatic=serial and title == first, key="PRI" if title == first else "")
        for title, kind, nullable in columns
    ]
    keys = [Key(f"{name}_pkey", (first,), "PRI"), *(Key(f"{name}_{column}_key", (column,), "UNI") for column in unique)]
    return Table(name, made, make, keys, is_shared=True)


def _parsed(kind: str) -> Type:
    """Return a type such as ``varchar(64)`` or ``numeric(10,2)``."""
    name, _, rest = kind.partition("(")
    numbers = [int(part) for part in rest.rstrip(")").split(",") if part]
    return type_of_kind(name, *numbers)


_USERS = (
    ("id", "int4", False), ("username", "varchar(64)", False), ("email", "varchar(128)", False),
    ("password_hash", "varchar(128)", False), ("role", "varchar(16)", False), ("is_active", "bool", False),
    ("last_login", "timestamptz", True), ("created_at", "timestamptz", False),
)  # fmt: skip
_CUSTOMERS = (
    ("id", "int4", False), ("first_name", "varchar(64)", False), ("last_name", "varchar(64)", False), ("email", "varchar(128)", False),
    ("phone", "varchar(32)", True), ("city", "varchar(64)", True), ("created_at", "timestamptz", False),
)  # fmt: skip
_ORDERS = (
    ("id", "int4", False), ("customer_id", "int4", False), ("total", "numeric(10,2)", False), ("status", "varchar(16)", False),
    ("created_at", "timestamptz", False),
)  # fmt: skip
_PAYMENTS = (
    ("id", "int4", False), ("order_id", "int4", False), ("method", "varchar(16)", False), ("card_last4", "bpchar(4)", True),
    ("amount", "numeric(10,2)", False), ("paid_at", "timestamptz", True),
)  # fmt: skip
_API_KEYS = (
    ("id", "int4", False), ("name", "text", False), ("key", "varchar(64)", False), ("created_at", "timestamptz", False),
    ("revoked_at", "timestamptz", True),
)  # fmt: skip
_SETTINGS = (("name", "text", False), ("value", "text", True))


def _users(seed: _Seed, machine: Machine, now: float) -> Iterator[Row]:
    """Yield the accounts of the application; the first is the machine's administrator."""
    domain = seed.persona.domain or "example.com"
    taken = set()
    for number in range(1, seed.number("users", 9, 24)):
        first, last = seed.name(f"user {number}")
        login = machine.administrator if number == 1 else f"{first[0]}.{last}".lower()
        login = login if login not in taken else f"{login}{number}"
        taken.add(login)
        digest = hashlib.shake_256(seed.persona.derive(f"postgresql password {number}")).hexdigest(27)
        letters = "".join("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[int(c, 16) * 4 % 64 + number % 4] for c in digest)
        role = "admin" if number <= 2 else "staff"  # noqa: PLR2004 - two of them may do everything
        last_login = seed.moment(f"login {number}", now, 40)
        yield (number, login, f"{login}@{domain}", f"$2b$12${letters[:53]}", role, number % 7 != 0, last_login,
               last_login - timedelta(days=seed.number(f"age {number}", 50, 900)))  # fmt: skip


def _customers(seed: _Seed, now: float) -> Iterator[Row]:
    """Yield the customers."""
    for number in range(1, seed.number("customers", 120, 320)):
        first, last = seed.name(f"customer {number}")
        phone = f"+{seed.number(f'country {number}', 31, 49)} {seed.number(f'phone {number}', 100_000_000, 999_999_999)}"
        email = f"{first}.{last}{number}@{seed.choice(f'mail {number}', ('mail.example', 'post.example', 'inbox.example'))}".lower()
        yield (number, first, last, email, phone if number % 5 else None, seed.choice(f"city {number}", _CITIES),
               seed.moment(f"customer since {number}", now, 700))  # fmt: skip


def _amount(seed: _Seed, number: int) -> Decimal:
    """Return what an order costs."""
    return Decimal(seed.number(f"total {number}", 490, 89_900)) / 100


def _orders(seed: _Seed, now: float) -> Iterator[Row]:
    """Yield the orders."""
    customers = seed.number("customers", 120, 320) - 1
    for number in range(1, seed.number("orders", 200, 600)):
        buyer = seed.number(f"buyer {number}", 1, customers)
        yield number, buyer, _amount(seed, number), seed.choice(f"state {number}", _STATES), seed.moment(f"order {number}", now, 400)


def _payments(seed: _Seed, now: float) -> Iterator[Row]:
    """Yield the payments: one for each order that was not cancelled."""
    number = 0
    for order, _, total, status, created in _orders(seed, now):
        if status in ("open", "cancelled"):
            continue
        number += 1
        is_card = seed.number(f"card {order}", 0, 2) > 0
        digits = f"{seed.number(f'digits {order}', 0, 9999):04d}" if is_card else None
        yield number, order, "card" if is_card else "transfer", digits, total, created + timedelta(minutes=order % 50)


def _api_keys(seed: _Seed, now: float) -> Iterator[Row]:
    """Yield the keys of programs."""
    for number, name in enumerate(("backup", "erp-sync", "monitoring", "newsletter"), 1):
        key = f"{name[:2]}_{seed.persona.derive(f'postgresql key {name}', 20).hex()}"
        made = seed.moment(f"key {name}", now, 800)
        yield number, name, key, made, made + timedelta(days=30) if name == "newsletter" else None


def _settings(seed: _Seed) -> Iterator[Row]:
    """Yield the settings of the application."""
    domain = seed.persona.domain or "example.com"
    values: dict[str, Any] = {
        "smtp.host": f"mail.{domain}",
        "smtp.user": f"noreply@{domain}",
        "smtp.password": seed.persona.derive("postgresql smtp", 6).hex(),
        "backup.target": f"/srv/backup/{seed.persona.hostname}",
        "session.secret": seed.persona.derive("postgresql session", 24).hex(),
        "site.currency": "EUR",
        "site.maintenance": "off",
    }
    yield from values.items()
