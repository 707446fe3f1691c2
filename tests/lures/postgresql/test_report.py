# SPDX-License-Identifier: MIT
"""Errors and notices."""

from decnet.lures.postgresql.report import Report, fatal


def test_fields_are_in_the_servers_order() -> None:
    report = Report("words", "42P01", detail="more", hint="try", position=7, routine="parserOpenTable")
    assert [key for key, _ in report.fields(13)] == ["S", "V", "C", "M", "D", "H", "P", "F", "L", "R"]


def test_place_follows_the_release_and_is_always_there() -> None:
    assert dict(fatal("x", "28P01", "auth_failed").fields(13))["L"] == "347"
    assert dict(fatal("x", "28P01", "auth_failed").fields(12))["L"] == "337"
    assert dict(Report("x", "22012", routine="somewhere").fields(13))["F"] == "varlena.c"
