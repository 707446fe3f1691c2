# SPDX-License-Identifier: MIT
"""SET, RESET and SHOW."""

import pytest

from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.settings import MAX_CUSTOM, Settings


def settings(*, is_superuser: bool = True) -> Settings:
    """Return the settings of a connection."""
    return Settings({"server_version": "13.14"}, is_superuser=is_superuser)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("work_mem", "8MB", "8MB"),
        ("work_mem", "2048", "2MB"),
        ("statement_timeout", "90 s", "90s"),
        ("shared_buffers", None, "128MB"),
        ("client_encoding", "utf-8", "UTF8"),
        ("datestyle", "german", "German, DMY"),
        ("my.own", "x", "x"),
        ("enable_seqscan", "F", "off"),
    ],
)
def test_value_is_shown_as_the_server_writes_it(name: str, value: str | None, shown: str) -> None:
    one = settings()
    if value is not None:
        one.set(name, value)
    assert one.shown(name) == shown


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nosuch", "1", "42704"),
        ("server_version", "1", "55P02"),
        ("port", "1", "55P02"),
        ("work_mem", "many", "22023"),
        ("enable_seqscan", "perhaps", "22023"),
        ("client_encoding", "foo", "22023"),
        ("bytea_output", "foo", "22023"),
    ],
)
def test_value_that_cannot_be_is_refused(name: str, value: str, code: str) -> None:
    with pytest.raises(Report) as raised:
        settings().set(name, value)
    assert raised.value.code == code


def test_superusers_settings_are_theirs() -> None:
    with pytest.raises(Report) as raised:
        settings(is_superuser=False).set("session_replication_role", "replica")
    assert raised.value.code == "42501"


def test_reset_leads_back_to_what_the_connection_began_with() -> None:
    one = settings()
    one.set("application_name", "first")
    one.begin()
    one.set("application_name", "second")
    assert one.changed == ["application_name"]
    one.set("application_name", None)
    assert one.value("application_name") == "first"
    one.set("search_path", "x")
    one.reset_all()
    assert one.value("search_path") == '"$user", public'


def test_settings_of_ones_own_are_bounded() -> None:
    one = settings()
    for number in range(MAX_CUSTOM):
        one.set(f"a.b{number}", "x")
    with pytest.raises(Report):
        one.set("a.more", "x")
