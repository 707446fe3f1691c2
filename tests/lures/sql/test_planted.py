# SPDX-License-Identifier: MIT
"""Each decoy has data of its own, the same for all of its lures and at every visit, and it makes sense."""

from datetime import datetime

import pytest

from decnet.lures.mysql.dialect import MysqlDialect
from decnet.lures.mysql.product import Product
from decnet.lures.sql import planted
from decnet.lures.sql.dataset import THEMES
from decnet.lures.sql.planted import Dataset, Draw, moment
from decnet.lures.sql.value import Row
from tests.support.decoys import decoy, persona

NOW = 1_795_000_000.0
DIALECT = MysqlDialect(Product.of(persona()))


def dataset(seed: str = "a", theme: int | None = None) -> Dataset:
    """Return the data of a decoy, of one theme where it is given."""
    themes = THEMES if theme is None else (THEMES[theme],)
    return Dataset(decoy(persona=persona(seed=seed)), themes, lambda: NOW)


def rows(found: Dataset) -> dict[str, list[Row]]:
    """Return all rows by table."""
    return {table.name: list(table.make()) for table in found.tables}


def test_data_stay_and_differ_between_decoys() -> None:
    assert rows(dataset("a", 0)) == rows(dataset("a", 0))
    assert rows(dataset("a", 0))["customers"] != rows(dataset("b", 0))["customers"]
    assert len({(dataset(str(seed)).theme.name, dataset(str(seed)).name) for seed in range(40)}) > 10
    assert {dataset(str(seed)).theme.name for seed in range(60)} == {theme.name for theme in THEMES}


@pytest.mark.parametrize("theme", range(len(THEMES)))
def test_a_theme_fits_its_columns_and_is_some_hundreds_of_rows(theme: int) -> None:
    planted._KEPT.clear()  # rows of the same decoy at another time
    found = dataset("a", theme)
    tables = found.database(DIALECT).tables
    for table in found.tables:
        made = list(table.make())
        assert made
        assert {len(row) for row in made} == {len(table.columns)}
        assert [row[0] for row in made] == list(range(1, len(made) + 1))
        for column, values in zip(table.columns, zip(*made, strict=True), strict=True):
            assert column.nullable or None not in values, (table.name, column.name)
            if column.key == "UNI":
                assert len(set(values)) == len(values), (table.name, column.name)
        assert len(tables[table.name].rows) == len(made)
    assert 300 <= sum(len(made) for made in rows(found).values()) <= 6000


@pytest.mark.parametrize("theme", range(len(THEMES)))
def test_nothing_is_older_than_the_machine_or_from_tomorrow(theme: int) -> None:
    found = dataset("a", theme)
    assert found.installed_at < found.started_at < decoy().persona.booted_at
    times = [value for made in rows(found).values() for row in made for value in row if isinstance(value, datetime)]
    assert moment(found.installed_at) <= min(times)
    assert max(times) <= moment(NOW + 15 * 86_400)


@pytest.mark.parametrize("theme", range(len(THEMES)))
def test_no_address_is_anybody_s(theme: int) -> None:
    texts = [value for made in rows(dataset("a", theme)).values() for row in made for value in row if isinstance(value, str)]
    hosts = {text.rpartition("@")[2] for text in texts if "@" in text and " " not in text}
    assert hosts
    assert all(host.endswith(".example") or host.startswith("backup.") for host in hosts)


def test_rows_come_as_time_passes() -> None:
    found = decoy(persona=persona(seed="a"))
    early, late = Dataset(found, (THEMES[0],), lambda: NOW), Dataset(found, (THEMES[0],), lambda: NOW + 30 * 86_400)
    one, other = rows(early)["orders"], rows(late)["orders"]
    assert len(other) > len(one)
    assert [row[:4] for row in other[: len(one)]] == [row[:4] for row in one]


def test_numbers_that_are_drawn_are_the_persona_s() -> None:
    one, again, other = (Draw(persona(seed=seed), "x") for seed in ("a", "a", "b"))
    drawn = [one.integer(0, 10**6) for _ in range(3000)]
    assert drawn == [again.integer(0, 10**6) for _ in range(3000)]
    assert drawn != [other.integer(0, 10**6) for _ in range(3000)]
    assert len(one.bcrypt()) == 60
    assert len(one.phpass()) == 34
