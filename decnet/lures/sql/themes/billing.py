# SPDX-License-Identifier: MIT
"""Contracts, invoices and payments of a provider."""

from collections.abc import Iterator
from decimal import Decimal

from decnet.lures.sql.planted import PlantedTable, Planter, Theme, address, column, moment, serial
from decnet.lures.sql.value import Row

_PLANS = (("Basic", 990), ("Standard", 1_990), ("Business", 4_990), ("Enterprise", 14_990))
_SECONDS_TO_PAY = 14 * 86_400


def _clients(planter: Planter) -> int:
    """Return how many clients there are now."""
    return max(sum(1 for _ in planter.moments("billing clients", planter.count("clients", 120, 240))), 1)


def _accounts(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("billing clients"), planter.strangers("billing")
    for number, at in enumerate(planter.moments("billing clients", planter.count("clients", 120, 240)), 1):
        person = next(people)
        street, code, city = address(draw)
        yield (number, f"C{20_000 + number}", person.name, person.email, street, code, city,
               f"DE{draw.integer(10, 99)}00000000{draw.integer(10**9, 4 * 10**9)}", draw.integer(0, 11) > 0,
               moment(at))  # fmt: skip


def _invoices(planter: Planter) -> Iterator[Row]:
    draw, clients, now = planter.draw("billing invoices"), _clients(planter), planter.now()
    for number, at in enumerate(planter.moments("billing invoices", planter.count("invoices", 320, 560)), 1):
        _, cents = draw.one(_PLANS)
        paid = "paid" if now - at > _SECONDS_TO_PAY and draw.integer(0, 24) else draw.one(("open", "open", "overdue"))
        client = 1 + draw.integer(0, max(min(clients, number // 2), 1) - 1)
        amount = Decimal(cents * draw.integer(1, 4)).scaleb(-2)
        yield (number, f"R{moment(at):%Y}-{number:05}", client, amount, (amount * 19 / 100).quantize(Decimal("0.01")), paid,
               moment(at).date(), moment(at + _SECONDS_TO_PAY).date())  # fmt: skip


def _payments(planter: Planter) -> Iterator[Row]:
    draw, now, number = planter.draw("billing payments"), planter.now(), 0
    for row, at in zip(
        _invoices(planter), planter.moments("billing invoices", planter.count("invoices", 320, 560)), strict=False
    ):
        paid_at = at + draw.integer(3_600, _SECONDS_TO_PAY - 7_200)
        if row[5] == "paid" and paid_at < now:
            number += 1
            yield (
                number,
                row[0],
                row[3] + row[4],
                draw.one(("debit", "transfer", "transfer", "card")),
                draw.text(12),
                moment(paid_at),
            )


def _users(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("billing users"), planter.people("staff")
    yield (1, "admin", f"billing@{planter.domain}", draw.bcrypt(), "admin", moment(planter.started_at))
    for number in range(2, planter.count("billing users", 4, 9) + 2):
        person = next(people)
        yield (number, person.login, person.email, draw.bcrypt(), draw.one(("clerk", "clerk", "manager")),
               moment(planter.started_at + number * 55_021))  # fmt: skip


def _keys(planter: Planter) -> Iterator[Row]:
    draw = planter.draw("billing keys")
    for number, name in enumerate(("bank-gateway", "dunning", "portal", "accounting-export"), 1):
        yield (number, name, draw.hexadecimal(40), draw.text(32), True, moment(planter.started_at + number * 12_007))


def tables(planter: Planter) -> tuple[PlantedTable, ...]:
    """Return the tables of a billing system."""
    created = column("created_at", "datetime")
    return (
        PlantedTable(name="api_keys", make=lambda: _keys(planter), columns=(
            serial(), column("name", "varchar(64)", key="UNI"), column("key_id", "varchar(64)"), column("secret",
                "varchar(64)"),
            column("enabled", "boolean", default=True), created)),
        PlantedTable(name="clients", make=lambda: _accounts(planter), columns=(
            serial(), column("number", "varchar(12)", key="UNI"), column("name", "varchar(160)"), column("email",
                "varchar(190)"),
            column("street", "varchar(120)", null=True), column("zip", "varchar(10)", null=True),
            column("city", "varchar(80)", null=True), column("iban", "varchar(34)", null=True),
            column("active", "boolean", default=True), created)),
        PlantedTable(name="invoices", make=lambda: _invoices(planter), columns=(
            serial(), column("number", "varchar(20)", key="UNI"), column("client_id", "int", key="MUL"), column("net",
                "decimal(10,2)"),
            column("vat", "decimal(10,2)"), column("status", "varchar(10)"), column("issued_on", "date"), column("due_on",
                "date"))),
        PlantedTable(name="payments", make=lambda: _payments(planter), columns=(
            serial(), column("invoice_id", "int", key="MUL"), column("amount", "decimal(10,2)"), column("method",
                "varchar(16)"),
            column("reference", "varchar(40)", null=True), column("paid_at", "datetime"))),
        PlantedTable(name="users", make=lambda: _users(planter), columns=(
            serial(), column("username", "varchar(64)", key="UNI"), column("email", "varchar(190)"),
            column("password_hash", "varchar(255)"), column("role", "varchar(16)"), created)),
    )  # fmt: skip


BILLING = Theme(name="billing", databases=("billing", "invoices", "finance", "erp", "accounting"),
                accounts=("billing", "erp", "finance"), tables=tables)  # fmt: skip
