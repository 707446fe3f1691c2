# SPDX-License-Identifier: MIT
"""Titles of columns."""

from tests.lures.postgresql.database import logged_in


async def test_titles_are_those_of_the_server() -> None:
    async with logged_in() as (client, _):
        statement = (
            "select 1, 'x'::text, now()::date, case when true then 1 end, exists(select 1), array[1], (select 2 as two), "
            "true, trim(leading from ' x'), coalesce(1, 2), 1 + 1"
        )
        description = next(body for kind, body in await client.ask(statement) if kind == b"T")
        titles = []
        position = 2
        for _ in range(11):
            end = description.index(0, position)
            titles.append(description[position:end].decode())
            position = end + 19
        assert titles == ["?column?", "text", "now", "case", "exists", "array", "two", "bool", "ltrim", "coalesce", "?column?"]
