# SPDX-License-Identifier: MIT
"""The intranet of a company: staff, tickets, documents."""

import hashlib
from collections.abc import Iterator
from decimal import Decimal

from decnet.lures.sql.planted import PlantedTable, Planter, Theme, column, moment, serial
from decnet.lures.sql.value import Row

_DEPARTMENTS = ("IT", "Accounting", "Sales", "Purchasing", "Production", "Human Resources", "Logistics")
_WEAK = ("Summer", "Winter", "Welcome", "Password", "Start", "Autumn")
_SUBJECTS = ("Printer does not print", "VPN disconnects", "New notebook", "Password forgotten", "Mailbox full",
             "Share not reachable",
             "Phone is dead", "Please install software", "Screen flickers", "Access to folder", "Scanner to mail",
             "Slow login")  # fmt: skip
_DOCUMENTS = ("Travel expenses", "Holiday request", "Price list", "Network plan", "Backup plan", "Emergency numbers",
              "Contract",
              "Minutes of meeting", "Budget", "Onboarding", "Data protection", "Password list")  # fmt: skip


def _staff(planter: Planter) -> int:
    """Return how many people work there."""
    return planter.count("staff", 35, 90)


def _employees(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("intranet employees"), planter.people("staff")
    for number in range(1, _staff(planter) + 1):
        person = next(people)
        year = moment(planter.started_at).year - draw.integer(0, 12)
        hired = moment(planter.started_at).date().replace(year=year, month=draw.integer(1, 12), day=1)
        hired = min(hired, moment(planter.started_at).date())
        yield (number, f"{1000 + number}", person.first, person.last, person.email, draw.one(_DEPARTMENTS),
               f"{draw.integer(200, 799)}",
               Decimal(draw.integer(2_400, 7_900) * 100).scaleb(-2),
               f"DE{draw.integer(10, 99)}00000000{draw.integer(10**9, 4 * 10**9)}",
               hired)  # fmt: skip


def _accounts(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("intranet accounts"), planter.people("staff")
    year = moment(planter.started_at).year
    yield (1, "admin", _hashed(f"Admin{year}!"), "admin", True, moment(planter.started_at))
    for number in range(2, _staff(planter) + 2):
        password = f"{draw.one(_WEAK)}{year + draw.integer(0, 2)}{draw.one(('', '!', '#', '1'))}"
        role = draw.one(("user", "user", "user", "user", "editor", "hr"))
        yield (
            number,
            next(people).login,
            _hashed(password),
            role,
            draw.integer(0, 14) > 0,
            moment(planter.started_at + number * 3_607),
        )


def _hashed(password: str) -> str:
    """Return a password as the old application keeps it."""
    return hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()


def _tickets(planter: Planter) -> Iterator[Row]:
    draw, staff, now = planter.draw("intranet tickets"), _staff(planter), planter.now()
    for number, at in enumerate(planter.moments("intranet tickets", planter.count("tickets", 240, 460)), 1):
        is_old = now - at > 6 * 86_400
        yield (number, draw.one(_SUBJECTS), draw.integer(1, staff), draw.one(("low", "normal", "normal", "high")),
               "closed" if is_old else draw.one(("open", "open", "waiting", "closed")), moment(at),
               moment(at + draw.integer(600, 300_000)) if is_old else None)  # fmt: skip


def _documents(planter: Planter) -> Iterator[Row]:
    draw, staff = planter.draw("intranet documents"), _staff(planter)
    for number, at in enumerate(planter.moments("intranet documents", planter.count("documents", 110, 220)), 1):
        title = f"{draw.one(_DOCUMENTS)} {moment(at).year}"
        path = f"/srv/intranet/{moment(at):%Y/%m}/{draw.hexadecimal(12)}.{draw.one(('pdf', 'docx', 'xlsx'))}"
        yield (number, title, path, draw.integer(9_000, 4_000_000), draw.integer(1, staff), moment(at))


def _systems(planter: Planter) -> Iterator[Row]:
    draw = planter.draw("intranet systems")
    names = ("backup", "fileserver", "switch-core", "firewall", "hypervisor", "printserver", "nas", "wifi-controller")
    for number, name in enumerate(names, 1):
        yield (number, f"{name}.{planter.domain}", draw.one(("root", "admin", "Administrator", "svc")),
               draw.text(draw.integer(8, 14)),
               draw.one(("in the safe, too", "change me", "ask IT", None)),
               moment(planter.started_at + number * 86_000))  # fmt: skip


def tables(planter: Planter) -> tuple[PlantedTable, ...]:
    """Return the tables of an intranet."""
    return (
        PlantedTable(name="accounts", make=lambda: _accounts(planter), columns=(
            serial(), column("login", "varchar(64)", key="UNI"), column("password", "char(32)"), column("role", "varchar(16)"),
            column("active", "boolean", default=True), column("created_at", "datetime"))),
        PlantedTable(name="documents", make=lambda: _documents(planter), columns=(
            serial(), column("title", "varchar(190)"), column("path", "varchar(255)"), column("size", "bigint"),
            column("uploaded_by", "int", key="MUL"), column("uploaded_at", "datetime"))),
        PlantedTable(name="employees", make=lambda: _employees(planter), columns=(
            serial(), column("personnel_no", "varchar(10)", key="UNI"), column("first_name", "varchar(80)"),
            column("last_name", "varchar(80)"), column("email", "varchar(190)"), column("department", "varchar(64)"),
            column("extension", "varchar(8)", null=True), column("salary", "decimal(10,2)", null=True),
            column("iban", "varchar(34)", null=True), column("hired_on", "date"))),
        PlantedTable(name="passwords", make=lambda: _systems(planter), columns=(
            serial(), column("host", "varchar(120)"), column("username", "varchar(64)"), column("password", "varchar(120)"),
            column("remark", "varchar(190)", null=True), column("updated_at", "datetime"))),
        PlantedTable(name="tickets", make=lambda: _tickets(planter), columns=(
            serial(), column("subject", "varchar(190)"), column("employee_id", "int", key="MUL"), column("priority",
                "varchar(10)"),
            column("status", "varchar(10)"), column("created_at", "datetime"), column("closed_at", "datetime", null=True))),
    )  # fmt: skip


INTRANET = Theme(name="intranet", databases=("intranet", "portal", "intra", "helpdesk", "company"),
                 accounts=("intranet", "portal", "www"), tables=tables)  # fmt: skip
