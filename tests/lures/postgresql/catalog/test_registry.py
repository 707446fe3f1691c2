# SPDX-License-Identifier: MIT
"""Where system tables are found."""

from decnet.lures.postgresql.catalog.registry import _PROVIDERS
from decnet.lures.postgresql.catalog.shape import shapes
from tests.lures.postgresql.database import logged_in, values_of


def test_every_provider_has_its_shape() -> None:
    assert _PROVIDERS.keys() <= shapes().keys()


async def test_every_system_table_can_be_read() -> None:
    async with logged_in() as (client, _):
        for schema, name in shapes():
            await client.rows(f"select * from {schema}.{name} limit 3")


async def test_functions_give_tables() -> None:
    found = await values_of(
        "select * from unnest(array[1,2], array['a']) as t(a, b)", "select * from generate_series(5, 1, -2) s"
    )
    assert found == [[["1", "a"], ["2", None]], [["5"], ["3"], ["1"]]]
