# SPDX-License-Identifier: MIT
"""The doctor finds what was broken on purpose, and says what mends it."""

import json
import os
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from decnet.catalog import Role
from decnet.cli import doctor
from decnet.cli.doctor import FAILED, OK, WARNING, Check, Finding
from decnet.config.listening import parse
from decnet.config.model import Bus, Config, Disk, Host, Web
from decnet.domain.captured import raw
from decnet.domain.evidence import File
from decnet.errors import HostError
from decnet.install import host
from decnet.store import keys
from decnet.store.migrate import migrate
from decnet.web import certificate, server
from tests.support.dashboards import answering, listening
from tests.support.hostile import NAMES
from tests.support.images import image
from tests.support.sources import ROOT
from tests.support.spools import deep, origin, put
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


@pytest.fixture
def reachable(config: Config) -> Config:
    """Return that configuration, with a place for the dashboard where nobody else listens."""
    return replace(config, web=Web(listen=listening()))


def states(findings: Iterator[Finding]) -> set[str]:
    return {finding.state for finding in findings}


def only_failure(check: Check, config: Config) -> Finding:
    (finding,) = [found for found in doctor.looked_at(check, config) if found.state != OK]
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


@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_database_that_is_no_file_is_named_and_not_opened(config: Config, kind: str) -> None:
    """Who opens a pipe waits until somebody writes: the doctor would never end."""
    config.paths.store.unlink()
    put(config.paths.store, kind)
    assert "is no regular file" in only_failure(doctor.check_store, config).message


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


@pytest.mark.parametrize("name", NAMES)
def test_name_that_an_attacker_chose_is_shown_and_never_part_of_a_command(
    config: Config, name: bytes, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    os.mkfifo(os.fsencode(config.paths.spool / "localhost" / "decoys") + b"/" + name)
    finding = only_failure(doctor.check_spools, config)
    assert finding.remedy.removeprefix("sudo ") == f"find {config.paths.spool} -maxdepth 4 ! -type f -ls"
    doctor._print(finding, "json")
    doctor._print(finding, "text")
    sys.stdout.flush()
    line, shown, remedy = capfdbinary.readouterr().out.splitlines()
    assert raw(json.loads(line)["message"]).split(b" is no ")[0].endswith(b"/" + name)
    assert b"\x1b" not in shown + remedy


@pytest.mark.client
def test_command_that_is_named_shows_what_is_strange_and_runs_no_part_of_it(config: Config, tmp_path: Path) -> None:
    folder = config.paths.spool / "localhost" / "decoys"
    for name in NAMES:
        os.mkfifo(os.fsencode(folder) + b"/" + name)
    remedies = {finding.remedy for finding in doctor.check_spools(config)}
    for remedy in remedies:
        done = subprocess.run(("sh", "-c", remedy), cwd=tmp_path, capture_output=True, check=True)
        assert done.stdout.count(b" p") >= len(NAMES)
    assert not (tmp_path / "made").exists()


def test_many_strange_entries_are_counted(config: Config) -> None:
    for number in range(300):
        os.mkfifo(config.paths.spool / "localhost" / "decoys" / f"x{number}")
    findings = list(doctor.check_spools(config))
    assert len(findings) < 20
    assert findings[-1].message.startswith("290 more")


def test_deep_folders_do_not_end_the_doctor(config: Config) -> None:
    deep(config.paths.spool / "localhost" / "decoys", 30)
    assert "no writer makes" in only_failure(doctor.check_spools, config).message


def test_check_that_breaks_is_a_finding_and_the_others_have_their_turn(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check_oddly(_: Config) -> Iterator[Finding]:
        yield Finding("oddly", OK, "so far")
        raise OSError(36, "File name too long", "x; id; #")

    monkeypatch.setattr(doctor, "CHECKS", (check_oddly, doctor.check_folders))
    assert doctor._run(Namespace(all=True, format="text"), config) == HostError.exit_code
    shown = capsys.readouterr().out
    assert "[failed ] oddly: this could not be looked at: OSError" in shown
    assert "x; id" not in shown
    assert "folder: runtime" in shown


@pytest.mark.root
def test_what_the_configurator_warns_of_is_a_finding(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = image(tmp_path / "root")
    root.run("apply")
    conf = root.root / "etc/decnet/package.conf"
    conf.write_text(conf.read_text(encoding="utf-8") + "DECNET_NONSENSE=1\n", encoding="utf-8")
    here = root.host
    monkeypatch.setattr(host, "of", lambda *_: here)
    messages = [finding.message for finding in doctor.check_installation(config) if finding.state == WARNING]
    assert any("there is no key DECNET_NONSENSE" in message for message in messages)
    assert not any(message.startswith("warning:") for message in messages)


def test_remedy_is_not_to_do_the_same_again(config: Config) -> None:
    def check_store(_: Config) -> Iterator[Finding]:
        yield Finding("store", OK, "so far")
        raise HostError("the store cannot be opened", remedy="decnet doctor")

    assert only_failure(check_store, config).remedy == ("" if os.geteuid() == 0 else "sudo decnet doctor")


@pytest.mark.root
def test_who_is_not_root_is_told_to_look_as_root(config: Config) -> None:
    """Nothing is missing or stopped because this account may not see it."""
    for folder in (config.paths.data, config.paths.secrets, config.paths.logs, config.paths.runtime):
        folder.chmod(0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(config.paths.bus_socket))
        server.listen()
        findings = [finding for finding in as_nobody(config) if finding["state"] != OK]
    checks = {finding["check"] for finding in findings}
    assert {"disk", "keys", "store", "spool", "bus", "service"} <= checks
    for finding in findings:
        # everybody may call the dashboard
        assert "sudo" in finding["remedy"] or finding["check"] == "web", finding
        assert "does not answer" not in finding["message"]


def as_nobody(config: Config) -> list[dict[str, str]]:
    """Return what the doctor tells an account that may look at nothing of ours."""
    program = (
        "import os, sys; from decnet.cli.main import main\n"
        "import decnet.cli.doctor, decnet.cli.services, decnet.runtime.isolation, decnet.log, decnet.config.load\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(main(['doctor', '--format', 'json']))"
    )
    names = ("runtime", "data", "logs", "secrets")
    variables = {f"DECNET_PATHS_{name.upper()}": str(getattr(config.paths, name)) for name in names}
    command = (sys.executable, "-B", "-c", program)
    environment = {"PATH": "/usr/bin:/bin", "DECNET_CONFIG": "/nonexistent", **variables}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_socket_without_a_server_is_found(config: Config) -> None:
    assert states(doctor.check_bus(config)) == {FAILED}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(config.paths.bus_socket))
        server.listen()
        assert states(doctor.check_bus(config)) == {OK}
    assert "refused" in only_failure(doctor.check_bus, config).message


def test_socket_of_the_api_without_a_server_is_found(config: Config) -> None:
    assert states(doctor.check_api(config)) == {FAILED}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(config.api_socket))
        server.listen()
        assert states(doctor.check_api(config)) == {OK}
    assert only_failure(doctor.check_api, config).remedy == "decnet api"


@pytest.mark.parametrize("check", [doctor.check_api, doctor.check_web])
def test_agent_host_has_neither_api_nor_dashboard(tmp_path: Path, check: Check) -> None:
    assert list(check(config_in(tmp_path, host=Host(role=Role.AGENT)))) == []


def at_dashboard(config: Config, age_days: int = 0, *, tls: bool = True, another: bool = False) -> list[Finding]:
    """Return what the doctor finds where a dashboard, or somebody else, answers with a certificate of that age."""
    place, file = parse(config.web.listen), config.paths.certificate
    made = certificate.ensure(file, place, now=datetime.now(UTC) - timedelta(days=age_days))
    with server.bind(place) as listener, answering(listener, server.tls(made) if tls else None, b"220 not you\r\n"):
        if another:
            file.unlink()
            certificate.ensure(file, place)
        return list(doctor.check_web(config))


@pytest.mark.parametrize(
    ("age_days", "state", "said"), [(0, OK, "valid until"), (360, WARNING, "ends on"), (370, FAILED, "ended on")]
)
def test_certificate_that_ends_is_found(reachable: Config, age_days: int, state: str, said: str) -> None:
    (finding,) = at_dashboard(reachable, age_days)
    assert (finding.state, said in finding.message) == (state, True)


def test_other_program_in_the_place_of_the_dashboard_is_found(reachable: Config) -> None:
    (finding,) = at_dashboard(reachable, tls=False)
    assert (finding.state, "another program" in finding.message) == (FAILED, True)
    assert finding.remedy.startswith("ss -ltnp 'sport = :")


def test_other_certificate_than_that_of_the_dashboard_is_found(reachable: Config) -> None:
    other, valid = at_dashboard(reachable, another=True)
    assert ("another certificate" in other.message, other.state, valid.state) == (True, WARNING, OK)


def test_dashboard_that_does_not_answer_is_found(reachable: Config) -> None:
    finding = only_failure(doctor.check_web, reachable)
    assert finding.message == f"nobody answers at https://{reachable.web.listen}/: Connection refused"
    assert finding.remedy == "decnet web"


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
