# SPDX-License-Identifier: MIT
"""Roles, databases, extensions and functions."""

from tests.lures.postgresql.database import errors_of, values_of


async def test_role_is_made_changed_and_removed() -> None:
    found = await values_of(
        "create role a login createdb valid until '2030-01-01' connection limit 3",
        "alter role a superuser nologin",
        "select rolsuper, rolcanlogin, rolcreatedb, rolconnlimit, rolvaliduntil from pg_roles where rolname = 'a'",
        "drop role a",
    )
    assert found[2] == [["t", "f", "t", "3", "2030-01-01"]]


async def test_what_a_role_may_not_do_is_refused() -> None:
    assert await errors_of(
        "create role x",
        "create database x",
        "alter role postgres password 'x'",
        "create function f() returns int as 'a', 'b' language c",
        user="alice",
        password="wonder",
    ) == [
        "42501 permission denied to create role",
        "42501 permission denied to create database",
        "42501 permission denied",
        "42501 permission denied for language c",
    ]


async def test_extension_is_made_where_its_files_are() -> None:
    found = await values_of("create extension dblink", "select extname from pg_extension order by 1")
    assert found[1] == [["dblink"], ["plpgsql"]]
    assert await errors_of("create function f() returns int language 'c'") == ["42P13 no function body specified"]
    assert await errors_of("drop database postgres", "create function f() returns int as '/etc/hostname', 'b' language c") == [
        "55006 cannot drop the currently open database",
        '58P01 could not load library "/etc/hostname": /etc/hostname: invalid ELF header',
    ]
