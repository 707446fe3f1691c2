# SPDX-License-Identifier: MIT
"""``decnet.web.certificate``: made once, for its eyes only, made anew in time."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from decnet.config.listening import parse
from decnet.errors import ConfigError, HostError
from decnet.host.addresses import own_names
from decnet.web.certificate import RENEWED_BEFORE, VALID, ensure, find, names, read

HERE = parse("127.0.0.1:8443")
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_the_first_start_makes_a_key_that_nobody_else_reads(tmp_path: Path) -> None:
    made = ensure(tmp_path / "web/dashboard.pem", HERE)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert made.path.read_text().count("PRIVATE KEY") == 2
    assert [path.name for path in made.path.parent.iterdir()] == ["dashboard.pem"]


def test_it_is_for_the_names_of_this_host_and_where_it_listens(tmp_path: Path) -> None:
    made = ensure(tmp_path / "dashboard.pem", parse("192.0.2.7:8443"))
    assert {"192.0.2.7", "localhost", own_names()[0]} <= made.names
    assert "127.0.0.1" not in made.names
    assert "127.0.0.1" in names(parse("0.0.0.0:1"))
    assert {"127.0.0.1", "::1"} <= names(parse("[::]:1")) | {"::1"}


def test_it_stays_the_same_until_a_month_before_its_end(tmp_path: Path) -> None:
    path = tmp_path / "dashboard.pem"
    made = ensure(path, HERE, now=NOW)
    assert made.until == NOW + VALID
    assert ensure(path, HERE, now=NOW + VALID - RENEWED_BEFORE - timedelta(seconds=1)) == made
    renewed = ensure(path, HERE, now=NOW + VALID - RENEWED_BEFORE)
    assert renewed.fingerprint != made.fingerprint


def test_it_is_made_anew_for_another_address(tmp_path: Path) -> None:
    path = tmp_path / "dashboard.pem"
    made = ensure(path, HERE)
    assert "192.0.2.9" in ensure(path, parse("192.0.2.9:1")).names
    assert ensure(path, HERE).fingerprint != made.fingerprint


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "dashboard.pem"
    path.write_bytes(content)
    assert read(path) is None
    assert ensure(path, HERE).names


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="cannot be written"):
        ensure(tmp_path / "file" / "dashboard.pem", HERE)


def test_the_operators_own_one_stands_above_ours(tmp_path: Path) -> None:
    theirs = ensure(tmp_path / "theirs.pem", parse("192.0.2.9:1"))
    assert find(str(theirs.path), tmp_path / "ours.pem", HERE) == theirs
    assert find("", tmp_path / "ours.pem", HERE).path == tmp_path / "ours.pem"
    with pytest.raises(ConfigError, match="holds no certificate"):
        find(str(tmp_path / "missing.pem"), tmp_path / "ours.pem", HERE)
