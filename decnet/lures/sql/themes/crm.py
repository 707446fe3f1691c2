# SPDX-License-Identifier: MIT
"""Customers, talks and deals of a sales department."""

from collections.abc import Iterator
from decimal import Decimal

from decnet.lures.sql.planted import PlantedTable, Planter, Theme, address, column, moment, serial
from decnet.lures.sql.value import Row

_STAGES = ("won", "won", "lost", "lost", "offer", "negotiation", "qualified")
_KINDS = ("call", "mail", "visit", "meeting", "offer sent")
_NOTES = ("asked for a new offer", "wants to decide next quarter", "complains about the delivery", "sent contract", "no answer",
          "budget approved", "new contact person", "renewal due", "price list sent", "demo went well")  # fmt: skip


def _users(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("crm users"), planter.people("staff")
    yield (1, "admin", f"crm@{planter.domain}", draw.bcrypt(), True, draw.hexadecimal(32), moment(planter.started_at))
    for number in range(2, _staff(planter) + 1):
        person = next(people)
        yield (number, person.login, person.email, draw.bcrypt(), False, draw.hexadecimal(32),
               moment(planter.started_at + number * 71_003))  # fmt: skip


def _staff(planter: Planter) -> int:
    """Return how many users there are."""
    return planter.count("crm users", 7, 16)


def _companies(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("crm companies"), planter.strangers("companies")
    for number, at in enumerate(planter.moments("crm companies", planter.count("companies", 90, 160)), 1):
        person = next(people)
        host = person.email.partition("@")[2]
        street, code, city = address(draw)
        name = host.removesuffix(".example").replace("-", " ").title()
        yield (number, f"{name} {draw.one(('GmbH', 'Ltd', 'AG', 'SARL', 'AB'))}", f"www.{host}", street, code, city,
               f"DE{draw.integer(100_000_000, 999_999_999)}", draw.integer(1, _staff(planter)), moment(at))  # fmt: skip


def _contacts(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("crm contacts"), planter.strangers("contacts")
    companies = sum(1 for _ in planter.moments("crm companies", planter.count("companies", 90, 160)))
    for number, at in enumerate(planter.moments("crm contacts", planter.count("contacts", 200, 380)), 1):
        person = next(people)
        company = 1 + draw.integer(0, max(min(companies, number // 2), 1) - 1)
        yield (number, company, person.first, person.last, person.email,
               f"+49 {draw.integer(200, 990)} 555{draw.integer(1000, 9999)}",
               draw.one(("Purchasing", "Management", "IT", "Accounting", None)), moment(at))  # fmt: skip


def _deals(planter: Planter) -> Iterator[Row]:
    draw = planter.draw("crm deals")
    companies = sum(1 for _ in planter.moments("crm companies", planter.count("companies", 90, 160)))
    for number, at in enumerate(planter.moments("crm deals", planter.count("deals", 120, 260)), 1):
        yield (number, 1 + draw.integer(0, max(min(companies, number), 1) - 1), draw.integer(1, _staff(planter)),
               Decimal(draw.integer(4, 900) * 25_000).scaleb(-2), draw.one(_STAGES), moment(at).date(), moment(at))  # fmt: skip


def _activities(planter: Planter) -> Iterator[Row]:
    draw = planter.draw("crm activities")
    for number, at in enumerate(planter.moments("crm activities", planter.count("activities", 260, 480)), 1):
        yield (
            number,
            draw.integer(1, max(number // 2, 1)),
            draw.integer(1, _staff(planter)),
            draw.one(_KINDS),
            draw.one(_NOTES),
            moment(at),
        )


def _integrations(planter: Planter) -> Iterator[Row]:
    draw = planter.draw("crm integrations")
    rows = (
        ("imap", f"mail.{planter.domain}", f"crm@{planter.domain}", draw.text(12)),
        ("ldap", f"ldap.{planter.domain}", "cn=crm,ou=services", draw.text(14)),
        ("erp", f"https://erp.{planter.domain}/api/v2", "crm", draw.hexadecimal(40)),
        ("telephony", f"pbx.{planter.domain}", "click2dial", draw.text(10)),
    )
    for number, row in enumerate(rows, 1):
        yield (number, *row, True, moment(planter.started_at + number * 4_231))


def tables(planter: Planter) -> tuple[PlantedTable, ...]:
    """Return the tables of a CRM."""
    created = column("created_at", "datetime")
    return (
        PlantedTable(name="activities", make=lambda: _activities(planter), columns=(
            serial(), column("contact_id", "int", key="MUL"), column("user_id", "int", key="MUL"), column("kind",
                "varchar(20)"),
            column("note", "text", null=True), created)),
        PlantedTable(name="companies", make=lambda: _companies(planter), columns=(
            serial(), column("name", "varchar(160)"), column("website", "varchar(190)", null=True),
            column("street", "varchar(120)", null=True), column("zip", "varchar(10)", null=True),
            column("city", "varchar(80)", null=True), column("vat_id", "varchar(20)", null=True), column("owner_id", "int"),
            created)),
        PlantedTable(name="contacts", make=lambda: _contacts(planter), columns=(
            serial(), column("company_id", "int", key="MUL"), column("first_name", "varchar(80)"), column("last_name",
                "varchar(80)"),
            column("email", "varchar(190)"), column("phone", "varchar(32)", null=True),
            column("department", "varchar(64)", null=True), created)),
        PlantedTable(name="deals", make=lambda: _deals(planter), columns=(
            serial(), column("company_id", "int", key="MUL"), column("user_id", "int"), column("amount", "decimal(12,2)"),
            column("stage", "varchar(20)"), column("expected_on", "date", null=True), created)),
        PlantedTable(name="integrations", make=lambda: _integrations(planter), columns=(
            serial(), column("kind", "varchar(32)"), column("endpoint", "varchar(190)"), column("username", "varchar(120)",
                null=True),
            column("secret", "varchar(120)", null=True), column("enabled", "boolean", default=True), column("updated_at",
                "datetime"))),
        PlantedTable(name="users", make=lambda: _users(planter), columns=(
            serial(), column("username", "varchar(64)", key="UNI"), column("email", "varchar(190)"),
            column("password_hash", "varchar(255)"), column("is_admin", "boolean", default=False),
            column("api_key", "varchar(64)", null=True), created)),
    )  # fmt: skip


CRM = Theme(
    name="crm",
    databases=("crm", "crm_prod", "sales", "suitecrm", "customers"),
    accounts=("crm", "crmuser", "sales"),
    tables=tables,
)
