# SPDX-License-Identifier: MIT
"""Types."""

from decnet.lures.postgresql.kind import KINDS, Named, kind_named, oid_named, title_of


def test_numbers_and_names_are_each_of_one_type() -> None:
    assert len({kind.oid for kind in KINDS}) == len({kind.name for kind in KINDS}) == len(KINDS)


def test_names_of_people_are_known() -> None:
    assert oid_named("character varying") == 1043
    assert oid_named("integer[]") == 1007
    assert kind_named("nosuch") is None
    assert [title_of(1043, 24), title_of(1700, (8 << 16 | 2) + 4), title_of(1007), title_of(1114, 3)] == [
        "character varying(20)",
        "numeric(8,2)",
        "integer[]",
        "timestamp(3) without time zone",
    ]


def test_named_number_is_a_number() -> None:
    assert Named.of(1259, "pg_class") == 1259
