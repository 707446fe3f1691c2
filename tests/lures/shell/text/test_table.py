# SPDX-License-Identifier: MIT
"""Tables in text files."""

import pytest

from decnet.lures.shell.text.table import rows


@pytest.mark.parametrize("name", ["folders", "links", "programs", "admin-programs", "libraries", "debian-11"])
def test_table_has_rows_and_no_comments(name: str) -> None:
    found = rows(name)

    assert found
    assert not [row for row in found if row.startswith("#") or row != row.strip()]
    assert len(set(found)) == len(found)
