# SPDX-License-Identifier: MIT
"""The doctor finds what was broken on purpose, and says what mends it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from decnet.catalog import Role
from decnet.cli import doctor
from decnet.cli.doctor import FAILED, OK, WARNING, Check, Finding
from decnet.config.model import Bus, Config, Disk, Host
from decnet.domain.evidence import File
from decnet.store import keys
from decnet.store.migrate import migrate
from tests.support.spools import origin
from tests.support.stores import stored
from tests.support.workers import config as config_in


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return the configuration of a host on which everything is right."""
    config = config_in(tmp_path)
    for folder in (config.paths.runtime, config.paths.logs, config.paths.spool / "localhost" / "decoys"):
        folder.mkdir(parents=True)
    keys.create(config.paths.secrets)
    migrate(config.paths.store)
    return config


def states(findings: Iterator[Finding]) -> set[str]:
    return {finding.state for finding in findings}


def only_failure(check: Check, config: Config) -> Finding:
    (finding,) = [found for found in check(config) if found.state != OK]
    return finding


@pytest.mark.parametrize(
    "check", [doctor.check_folders, doctor.check_disk, doctor.check_keys, doctor.check_store, doctor.check_spools]
)
def test_healthy_host_has_no_finding(config: Config, check: Check) -> None:
    assert states(check(config)) == {OK}


def test_key_that_others_can_read_is_found_with_the_command_that_mends_it(config: Config) -> None:
    path = config.paths.secrets / "store.key"
    path.chmod(0o644)
    assert only_failure(doctor.check_keys, config).remedy == f"chmod 600 {path}"


def test_missing_key_is_found(config: Config) -> None:
    (config.paths.secrets / "store.key").unlink()
    assert "copy" in only_failure(doctor.check_keys, config).remedy
    (config.paths.secrets / "made").unlink()
    assert only_failure(doctor.check_keys, config).remedy == "decnet secrets create"


def test_secrets_folder_that_others_can_enter_is_found(config: Config) -> None:
    config.paths.secrets.chmod(0o755)
    finding = only_failure(doctor.check_folders, config)
    assert (finding.state, finding.remedy) == (FAILED, f"chmod 700 {config.paths.secrets}")


def test_folder_that_is_a_link_is_found(config: Config, tmp_path: Path) -> None:
    config.paths.logs.rmdir()
    config.paths.logs.symlink_to(tmp_path)
    assert "is no folder" in only_failure(doctor.check_folders, config).message


def test_missing_folder_is_a_warning(config: Config) -> None:
    config.paths.logs.rmdir()
    assert only_failure(doctor.check_folders, config).state == WARNING


@pytest.mark.usefixtures("config")
def test_nearly_full_disk_is_found_by_its_floor(tmp_path: Path) -> None:
    low = config_in(tmp_path, disk=Disk(log_floor_bytes=1 << 62))
    assert states(doctor.check_disk(low)) == {WARNING}
    lower = config_in(tmp_path, disk=Disk(log_floor_bytes=1 << 62, blob_floor_bytes=1 << 62))
    assert states(doctor.check_disk(lower)) == {FAILED}


def test_folder_that_lets_nobody_in_is_found(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks as another account is told so."""

    def refuse(path: Path) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(doctor, "free_bytes", refuse)
    assert {finding.message.rpartition(": ")[2] for finding in doctor.check_disk(config)} == {"Permission denied"}


def test_store_that_was_never_made_is_found(config: Config) -> None:
    config.paths.store.unlink()
    assert only_failure(doctor.check_store, config).remedy == "decnet store migrate"


def test_damage_and_missing_captured_files_are_found(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        spooled = store.spooled()
        writer = spooled.open()
        captured = writer.capture()
        captured.write(b"malware")
        writer.record(origin(), File(path="x", direction="upload", sha256=captured.finish().sha256, size=7))
        writer.close()
        with spooled.segments()[0].open("ab") as segment:
            segment.write(b"garbage\n")
        store.bring()
        (finding,) = [found for found in doctor.check_store(store.config) if found.state != OK]
        assert (finding.state, finding.remedy.startswith("decnet store check")) == (WARNING, True)
        for path in store.config.paths.blobs.glob("*/*"):
            path.unlink()
        assert [found.state for found in doctor.check_store(store.config)] == [OK, WARNING, FAILED]


def test_agent_host_needs_no_store(tmp_path: Path) -> None:
    assert list(doctor.check_store(config_in(tmp_path, host=Host(role=Role.AGENT)))) == []


@pytest.mark.parametrize("kind", ["symlink", "fifo"])
def test_strange_entry_of_a_spool_is_found(config: Config, kind: str) -> None:
    path = config.paths.spool / "localhost" / "decoys" / "00000000000000000001.jsonl"
    if kind == "symlink":
        path.symlink_to("/etc/passwd")
    else:
        os.mkfifo(path)
    assert str(path) in only_failure(doctor.check_spools, config).message


def test_socket_without_a_server_is_found(config: Config) -> None:
    assert states(doctor.check_bus(config)) == {FAILED}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(config.paths.bus_socket))
        server.listen()
        assert states(doctor.check_bus(config)) == {OK}
    assert "refused" in only_failure(doctor.check_bus, config).message


def test_bus_that_is_switched_off_is_a_warning(tmp_path: Path) -> None:
    assert states(doctor.check_bus(config_in(tmp_path, bus=Bus(transport="null")))) == {WARNING}


def test_what_follows_from_a_half_done_configuration_is_counted_behind_it() -> None:
    first = Finding("half-applied", FAILED, "the configuration stopped at the step owners", "decnet configure apply")
    before, fine = Finding("installation", WARNING, "built for another release"), Finding("disk", OK, "room")
    wrong = [Finding("folder", FAILED, str(number)) for number in range(7)] + [Finding("service", FAILED, "bus")] * 4
    told = list(doctor.summed_up(iter([before, first, *wrong, fine])))
    assert told[:2] == [before, first]
    assert [finding.message for finding in told[2:]] == ["11 more, which may all follow from that: 7 of folder, 4 of service"]
    assert list(doctor.summed_up(iter([before, first, fine]))) == [before, first]
    full = Finding("disk", FAILED, "full")
    assert list(doctor.summed_up(iter([first, full, fine]))) == [first, full], "that may be why it stopped"
    assert list(doctor.summed_up(iter([before, fine, *wrong]))) == [before, fine, *wrong]


def test_finding_is_printed_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    doctor._print(Finding("spool", FAILED, "a\x1b[2Jb", "rm it"), "text")
    assert capsys.readouterr().out == "[failed ] spool: a\\x1b[2Jb\n          to mend it: rm it\n"
