# SPDX-License-Identifier: MIT
"""Messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.postgresql import wire
from decnet.lures.postgresql.report import Report


def test_messages_have_their_form() -> None:
    assert wire.ready(b"I") == b"Z\0\0\0\x05I"
    assert wire.complete("SELECT 1") == b"C\0\0\0\x0dSELECT 1\0"
    assert wire.data_row([b"a", None]) == b"D\0\0\0\x0f\0\2\0\0\0\1a\xff\xff\xff\xff"
    assert wire.told(Report("x", "42601"), 13).startswith(b"E")
    assert wire.told(Report("x", "00000", severity="NOTICE"), 13).startswith(b"N")


@given(st.binary(max_size=30), st.lists(st.sampled_from(["byte", "short", "integer", "string", "end"]), max_size=6))
def test_fields_are_read_or_refused(body: bytes, names: list[str]) -> None:
    fields = wire.Fields(body)
    try:
        for name in names:
            getattr(fields, name)()
    except wire.WireError:
        return


def test_what_is_missing_or_too_much_is_refused() -> None:
    with pytest.raises(wire.WireError, match="insufficient data left in message"):
        wire.Fields(b"a").integer()
    with pytest.raises(wire.WireError, match="invalid message format"):
        wire.Fields(b"a").end()
