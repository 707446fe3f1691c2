# SPDX-License-Identifier: MIT
"""``decnet.web.tables``: what is declared can be drawn, and api knows its filters."""

import re

import pytest

from decnet.web.tables import ATTACKERS, AUDIT, EVIDENCE, SESSIONS, Table
from decnet.web.visit import TEMPLATES
from tests.support.dashboards import Person

TABLES = (EVIDENCE, SESSIONS, ATTACKERS, AUDIT)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.path)
def test_every_cell_is_a_macro(table: Table) -> None:
    macros = set(re.findall(r"{% macro (\w+)\(", (TEMPLATES / "_cells.html").read_text()))
    assert {column.cell for column in table.columns} <= macros
    assert len({column.title for column in table.columns}) == len(table.columns)


@pytest.mark.client
@pytest.mark.parametrize(
    ("table", "name", "choice"),
    [(table, one.name, choice) for table in TABLES for one in table.filters for choice in one.choices[:2]],
    ids=lambda value: value.path if isinstance(value, Table) else str(value),
)
async def test_every_choice_is_one_of_api(admin: Person, table: Table, name: str, choice: str) -> None:
    assert (await admin.see(f"{table.path}?{name}={choice}")).status_code == 200


@pytest.mark.client
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.path)
async def test_a_script_of_the_page_gets_rows_alone(admin: Person, table: Table) -> None:
    await admin.see(table.path, **{"hx-request": "true"})
    assert "<html" not in admin.page
    assert admin.page.lstrip().startswith("<tr>")


@pytest.mark.client
async def test_a_filter_that_cannot_be_is_told_and_stays_in_its_field(admin: Person) -> None:
    assert (await admin.see("/evidence?q=kept&since=yesterday")).status_code == 422
    assert 'role="alert"' in admin.page
    assert 'value="kept"' in admin.page


@pytest.mark.client
async def test_a_filter_without_an_end_is_cut(admin: Person) -> None:
    assert (await admin.see(f"/evidence?decoy={'x' * 4000}")).status_code in (200, 422)
