# SPDX-License-Identifier: MIT
"""A change of the identity that fails on a running system: what ran runs, as who it did, wherever the change had come to."""

from pathlib import Path

import pytest

from tests.support.deaths import breaking
from tests.support.namespaces import Machine, machine

pytestmark = pytest.mark.root

ALL = ("bus", "agent", "decoys", "ingester")
STATE = "var/lib/decnet-package"
STORE = "var/lib/decnet/store/decnet.db"
CHANGE = ("set", "--group", "secops")
STEPS = (
    "package-conf",
    "accounts",
    "stop",
    "owners",
    "files",
    "reload",
    "folders",
    "memberships",
    "store",
    "enable",
    "gate",
    "services",
    "probe",
)
# what was made for a change stays: it may be in use already
ACCOUNTS = ("etc/group", "etc/gshadow", "etc/passwd", "etc/shadow")


@pytest.fixture
def running(tmp_path: Path) -> Machine:
    """Return a machine on which everything runs, whose identity was another one before."""
    made = machine(tmp_path / "root")
    made.run("apply")
    made.runs(*ALL)
    made.run("set", "--group", "ops")
    made.calls()
    return made


def active(found: Machine) -> set[str]:
    """Return the services that run."""
    return set((found.books / "active").read_text(encoding="utf-8").split())


def state(found: Machine) -> dict[str, tuple[int, int, int, str]]:
    """Return every file of the configuration, of the data and of the configurator's state, the set that was kept as well."""
    return {
        path: content
        for path, content in found.image.everything().items()
        if not path.startswith(("run", "programs")) and path.rstrip("-") not in ACCOUNTS
    }


def expect_whole(found: Machine, group: str) -> None:
    """Expect a host of one identity on which everything runs and nothing is left to do."""
    assert active(found) == {f"decnet-{name}.service" for name in ALL}
    assert f"DECNET_GROUP={group}\n" in found.image.text("etc/decnet/package.conf")
    assert found.image.owners(STORE) == ("decnet", group)
    assert not (found.image.root / STATE / "journal").exists()
    assert found.run("diff").stdout == ""


# a membership that cannot be ended is only told: the next run ends it
@pytest.mark.parametrize("step", [step for step in STEPS if step != "memberships"])
def test_step_that_fails_leaves_the_host_as_it_was_with_everything_running(running: Machine, step: str) -> None:
    before = state(running)
    said = running.call(*breaking(step, *CHANGE), code=1).stderr
    assert "the identity stays what it was" in said
    assert state(running) == before
    expect_whole(running, "ops")
    assert "secops" not in running.image.text("etc/group") or running.image.members("secops") == ""


@pytest.mark.parametrize("step", ["package-conf", "accounts"])
def test_services_go_on_where_a_change_fails_before_it_stops_them(running: Machine, step: str) -> None:
    running.call(*breaking(step, *CHANGE), code=1)
    assert running.calls() == []


@pytest.mark.parametrize("step", STEPS)
def test_services_run_although_the_disk_does_not_let_the_change_be_taken_back(running: Machine, step: str) -> None:
    done = running.call(*breaking(step, *CHANGE, for_good=True), code=3)
    assert "decnet configure apply" in done.stderr
    assert active(running) == {f"decnet-{name}.service" for name in ALL}
    running.run("apply")
    conf = running.image.text("etc/decnet/package.conf")
    expect_whole(running, "secops" if "DECNET_GROUP=secops\n" in conf else "ops")


def test_record_that_cannot_be_written_is_finished_by_the_next_run(running: Machine) -> None:
    assert "step record" in running.call(*breaking("record", *CHANGE), code=3).stderr
    assert active(running) == {f"decnet-{name}.service" for name in ALL}
    running.run("apply")
    expect_whole(running, "secops")


def test_configuration_that_cannot_be_written_to_stops_nothing(running: Machine) -> None:
    before = state(running)
    script = 'mount --bind /etc /etc && mount -o remount,ro,bind /etc && exec "$@"'
    command = breaking("none", *CHANGE)
    assert "the identity stays what it was" in running.call("/bin/sh", "-c", script, "sh", *command, code=1).stderr
    assert running.calls() == []
    assert state(running) == before


def test_services_that_do_not_come_back_are_named_and_started_by_the_next_run(running: Machine) -> None:
    program = running.image.root / "programs/systemctl"
    text = program.read_text(encoding="utf-8")
    refusal = 'if verb == "start" and "decnet-decoys.service" in units:\n    sys.exit(1)\nif verb == "list-units":'
    program.write_text(text.replace('if verb == "list-units":', refusal), encoding="utf-8")
    said = running.call(*breaking("reload", *CHANGE), code=3).stderr
    assert "decnet-decoys.service" in said.splitlines()[-2]
    assert "decnet configure apply" in said.splitlines()[-1]
    program.write_text(text, encoding="utf-8")
    running.run("apply")
    expect_whole(running, "ops")


def test_service_that_does_not_stop_keeps_the_others_running(running: Machine) -> None:
    program = running.image.root / "programs/systemctl"
    text = program.read_text(encoding="utf-8")
    refusal = 'if verb == "stop" and "decnet-agent.service" in units:\n    keep([]); sys.exit(1)\nif verb == "list-units":'
    program.write_text(text.replace('if verb == "list-units":', refusal), encoding="utf-8")
    before = state(running)
    assert "the identity stays what it was" in running.run(*CHANGE, code=1).stderr
    assert state(running) == before
    expect_whole(running, "ops")


def killed_on_the_way_back(running: Machine, breaks_at: str, step: int) -> None:
    """Kill the taking back before each of its deeds (or each of ``step``); the next run starts what ran, as one identity."""
    moment, finished = 1, False
    while not finished:
        finished = running.call(*breaking(breaks_at, *CHANGE, death=moment), code=None).returncode == 1
        running.run("apply")
        is_new = "DECNET_GROUP=secops\n" in running.image.text("etc/decnet/package.conf")
        expect_whole(running, "secops" if is_new else "ops")
        if is_new:
            running.run("set", "--group", "ops")
        moment += step
    assert moment > step + 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize("breaks_at", ["accounts", "stop", "services"])
def test_kill_while_a_change_is_taken_back_is_mended_by_the_next_run(running: Machine, breaks_at: str) -> None:
    killed_on_the_way_back(running, breaks_at, 12)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("breaks_at", ["accounts", "stop", "services"])
def test_kill_before_any_deed_of_the_way_back_is_mended_by_the_next_run(running: Machine, breaks_at: str) -> None:
    killed_on_the_way_back(running, breaks_at, 1)


def test_copy_of_the_set_in_place_that_cannot_be_made_brings_back_no_older_one(running: Machine) -> None:
    folder = running.image.root / STATE / "previous.next"
    before = state(running)
    script = 'mkdir "$0" && mount -t tmpfs -o size=4k tmpfs "$0" && exec "$@"'
    command = breaking("none", *CHANGE)
    running.call("/bin/sh", "-c", script, f"/{STATE}/previous.next", *command, code=1)
    folder.rmdir()
    assert running.calls() == []
    assert state(running) == before


def test_way_back_leads_to_the_set_from_before_the_last_change_that_worked(running: Machine) -> None:
    running.call(*breaking("services", *CHANGE), code=1)
    running.run("rollback")
    expect_whole(running, "decnet")
    running.run("rollback")
    expect_whole(running, "ops")


def test_way_back_on_which_nothing_differs_is_told(running: Machine) -> None:
    running.run("rollback")
    kept = running.image.root / STATE / "previous"
    (kept / "package.conf").write_text(running.image.text("etc/decnet/package.conf"), encoding="utf-8")
    (kept / "applied").write_text(running.image.text(f"{STATE}/applied"), encoding="utf-8")
    for path in (kept / "files").rglob("*"):
        source = running.image.root / path.relative_to(kept / "files")
        if path.is_file() and not path.is_symlink():
            path.write_bytes(source.read_bytes())
    assert "nothing differs" in running.run("rollback").stderr
    expect_whole(running, "decnet")


def test_way_back_from_a_file_that_was_edited_by_hand_leads_to_the_identity_from_before(running: Machine) -> None:
    conf = running.image.root / "etc/decnet/package.conf"
    conf.write_text(conf.read_text(encoding="utf-8").replace("GROUP=ops", "GROUP=secops"), encoding="utf-8")
    running.run("apply")
    expect_whole(running, "secops")
    running.run("rollback")
    expect_whole(running, "ops")


@pytest.mark.parametrize(
    ("fact", "name", "stops"),
    [
        ("left-gid group", "ops", 0),
        ("left-gid group", "decnet", 1),
        ("left-uid user", "decnet", 0),
        ("left-uid user", "decnet-decoys", 1),
    ],
)
def test_run_that_goes_on_stops_what_runs_only_where_files_change_hands(
    running: Machine, fact: str, name: str, stops: int
) -> None:
    """An upgrade that failed left the numbers that every run notes; the ports of the decoys are not closed for those."""
    number = running.image.gid(name) if fact.startswith("left-gid") else running.image.uid(name)
    journal = running.image.root / STATE / "journal"
    journal.write_text(f"begin 0.1.0 upgrade\n{fact} {number}\n", encoding="utf-8")
    running.run("apply")
    stopped = [call for call in running.calls() if call.startswith("systemctl stop")]
    assert len(stopped) == stops
    assert active(running) == {f"decnet-{name}.service" for name in ALL}
    assert not journal.exists()
