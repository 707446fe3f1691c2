# SPDX-License-Identifier: MIT
"""The columns of system tables."""

from decnet.lures.postgresql.catalog.shape import shapes
from decnet.lures.postgresql.kind import oid_named


def test_shapes_are_those_of_the_file() -> None:
    pg_class = shapes()["pg_catalog", "pg_class"]
    assert (pg_class.oid, pg_class.columns[1]) == (1259, ("relname", "name"))
    assert pg_class.row({"relname": "x"})[:3] == (0, "x", 0)


def test_most_columns_have_types_that_are_known() -> None:
    kinds = {kind for shape in shapes().values() for _, kind in shape.columns}
    assert {kind for kind in kinds if not oid_named(kind)} <= {
        "pg_ndistinct",
        "pg_dependencies",
        "pg_statistic[]",
        "pg_mcv_list",
    }
