# SPDX-License-Identifier: MIT
"""The first packet."""

import pytest

from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.startup import option_settings, parse
from decnet.lures.postgresql.wire import PROTOCOL


def test_names_default_and_are_cut_and_settings_are_kept() -> None:
    body = b"user\0" + b"u" * 80 + b"\0application_name\0psql\0replication\0off\0_pq_.x\0001\0\0"
    found = parse(PROTOCOL, body, 13)
    assert found.user == found.database == "u" * 63
    assert found.settings == {"application_name": "psql"}
    assert found.unknown == (b"_pq_.x",)
    assert found.negotiates


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\0", "no PostgreSQL user name specified in startup packet"),
        (b"user\0a\0\0more", "invalid startup packet layout: expected terminator as last byte"),
        (b"user\0a\0replication\0perhaps\0\0", 'invalid value for parameter "replication": "perhaps"'),
    ],
)
def test_packet_that_is_wrong_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(Report) as raised:
        parse(PROTOCOL, body, 13)
    assert raised.value.message == words


def test_options_are_read_as_a_command_line() -> None:
    assert option_settings(r"-c geqo=off --work-mem=4MB -cstatement_timeout=1\ s") == [
        ("geqo", "off"),
        ("work_mem", "4MB"),
        ("statement_timeout", "1 s"),
    ]
    with pytest.raises(Report):
        option_settings("-x")
