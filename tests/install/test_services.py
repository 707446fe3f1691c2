# SPDX-License-Identifier: MIT
"""What happens to the services while a host is configured, on a system that runs."""

import fcntl
import json
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from decnet.store.database import SCHEMA
from tests.support.deaths import dying
from tests.support.namespaces import Machine, machine
from tests.support.sources import ROOT

pytestmark = pytest.mark.root

ALL = ("bus", "agent", "decoys", "ingester")
STORE = "var/lib/decnet/store/decnet.db"
STATE = "var/lib/decnet-package"
# what does not answer is waited for until a deadline: the configurator, with a short one
MODULE = ("-I", "-B", "-m", "decnet.install")
IMPATIENT = "import sys; from decnet.install import __main__, health; health.SECONDS = 1.0; sys.exit(__main__.main())"


@pytest.fixture
def fresh(tmp_path: Path) -> Machine:
    """Return a machine that was never configured."""
    return machine(tmp_path / "root")


def impatient(found: Machine, *arguments: str, code: int = 0) -> str:
    """Run the configurator where something will not answer; return what it said."""
    return found.call(sys.executable, "-I", "-B", "-c", IMPATIENT, *arguments, code=code).stderr


@pytest.fixture
def running(fresh: Machine) -> Machine:
    """Return a configured machine on which everything runs."""
    fresh.run("apply")
    fresh.calls()
    fresh.runs(*ALL)
    return fresh


def verbs(calls: list[str], *chosen: str) -> list[str]:
    """Return the calls with one of these verbs."""
    return [call for call in calls if call.split()[1] in chosen]


def test_first_configuration_enables_everything_and_starts_the_target(fresh: Machine) -> None:
    fresh.run("apply")
    calls = fresh.calls()
    assert "decnet.target decnet-bus.service" in verbs(calls, "enable")[0]
    assert verbs(calls, "start", "restart") == ["systemctl start decnet.target"]


def test_first_configuration_starts_nothing_where_that_was_said(fresh: Machine) -> None:
    fresh.run("apply", "DECNET_START=no")
    assert verbs(fresh.calls(), "start", "restart") == []


def test_package_starts_services_as_the_policy_of_the_host_allows_it(fresh: Machine) -> None:
    fresh.run("apply", "--reason", "postinst")
    assert verbs(fresh.calls(), "start") == ["deb-systemd-invoke start decnet.target"]


def test_nothing_is_done_with_units_while_systemd_is_declared_offline(fresh: Machine) -> None:
    fresh.run("apply", SYSTEMD_OFFLINE="1")
    assert {call.split()[1] for call in fresh.calls()} == {"enable"}


def test_second_run_talks_to_no_unit(running: Machine) -> None:
    # it would make its socket anew
    (running.books / "no-bus").touch()
    before = running.image.times()
    running.run("apply")
    assert running.calls() == []
    assert {p: t for p, t in running.image.times().items() if "books" not in p} == {
        p: t for p, t in before.items() if "books" not in p
    }


def test_first_configuration_makes_the_store_as_the_account_of_the_services(running: Machine) -> None:
    assert running.image.owners(STORE) == ("decnet", "decnet")
    assert f'"schema": {SCHEMA}' in running.image.text(f"{STATE}/schema.json")


@pytest.mark.parametrize("lost", ["note", "note that says nothing", "both"])
def test_what_was_lost_of_the_store_is_made_by_the_next_run(running: Machine, lost: str) -> None:
    """The remedy of preinst and of the doctor is to apply, although nothing else is to do."""
    stamp, store = running.image.root / STATE / "schema.json", running.image.root / STORE
    if lost == "note that says nothing":
        stamp.write_text("{}", encoding="utf-8")
    else:
        stamp.unlink()
    for path in store.parent.glob("decnet.db*") if lost == "both" else ():
        path.unlink()
    assert "make    the store" in running.run("diff", code=4).stdout
    running.run("apply")
    assert f'"schema": {SCHEMA}' in stamp.read_text(encoding="utf-8")
    assert running.image.owners(STORE) == ("decnet", "decnet")
    assert verbs(running.calls(), "restart") == ["systemctl restart decnet-ingester.service"]
    assert running.run("diff").stdout == ""
    running.run("apply")
    assert running.calls() == []


def test_group_change_stops_all_and_starts_those_that_ran(running: Machine) -> None:
    running.runs("bus", "decoys", "ingester")
    running.run("set", "--group", "secops")
    calls = running.calls()
    assert verbs(calls, "stop", "restart") == [
        "systemctl stop decnet-decoys.service decnet-ingester.service decnet-bus.service",
        "systemctl restart decnet-bus.service",
        "systemctl restart decnet-ingester.service",
        "systemctl restart decnet-decoys.service",
    ]
    assert "decnet-agent.service" not in " ".join(calls)
    assert running.image.owners(STORE) == ("decnet", "secops")
    assert "SET decnet/group secops" in (running.books / "debconf").read_text(encoding="utf-8")


def test_group_change_that_does_not_work_is_taken_back(running: Machine) -> None:
    (running.books / "no-bus").touch()
    assert "stays what it was" in impatient(running, "set", "--group", "secops", code=1)
    assert "DECNET_GROUP=decnet\n" in running.image.text("etc/decnet/package.conf")
    assert running.image.owners(STORE) == ("decnet", "decnet")
    assert running.image.members("secops") == ""
    assert verbs(running.calls(), "start")[0] == "systemctl start decnet-bus.service"
    assert running.run("diff").stdout == ""


def test_killed_group_change_is_finished_with_those_that_ran(running: Machine) -> None:
    """The run dies while systemd stops the services: nothing that it knew is lost."""
    wrapper = running.image.root / "programs/systemctl"
    text = wrapper.read_text(encoding="utf-8")
    wrapper.write_text(
        text.replace('if verb == "stop":', 'if verb == "stop" and not os.kill(os.getppid(), 9):'), encoding="utf-8"
    )
    running.run("set", "--group", "secops", code=None)
    wrapper.write_text(text, encoding="utf-8")
    assert "step stop" in running.image.text(f"{STATE}/journal")
    running.calls()
    running.runs()
    running.run("apply")
    assert len(verbs(running.calls(), "restart")) == len(ALL)
    assert running.image.owners(STORE) == ("decnet", "secops")


def test_role_change_stops_what_an_agent_has_not(running: Machine) -> None:
    done = running.run("set", "--role", "agent")
    assert "warning" not in done.stderr
    calls = running.calls()
    assert verbs(calls, "stop") == ["systemctl stop decnet-ingester.service", "systemctl stop decnet-master.target"]
    # alone, whatever it wants: a service that the operator stopped stays so
    assert "systemctl start decnet-agent.target" in calls
    assert "decnet-master.target" not in (running.books / "active").read_text(encoding="utf-8")


def test_role_change_starts_no_target_where_the_operator_stopped_everything(running: Machine) -> None:
    running.runs()
    running.run("set", "--role", "agent")
    assert verbs(running.calls(), "start", "stop") == []


def test_change_of_the_rule_for_docker_restarts_only_the_unit_it_is_about(running: Machine) -> None:
    path = running.image.root / "etc/group"
    path.write_text(path.read_text(encoding="utf-8") + "docker:x:301:\n", encoding="utf-8")
    done = running.run("set", "--docker", "yes")
    assert "warning" not in done.stderr
    assert verbs(running.calls(), "stop", "restart") == ["systemctl restart decnet-agent.service"]


def test_gate_notes_what_runs_and_upgrade_restarts_that_and_no_more(running: Machine) -> None:
    running.runs("bus", "ingester")
    running.run("gate")
    assert running.image.text("run/decnet-upgrade.lock") == "decnet-bus.service\ndecnet-ingester.service\n"
    running.runs("bus")
    running.run("apply", "--reason", "postinst", "--old", "0.0.9-1", "DECNET_RESTART_ON_UPGRADE=yes")
    restarted = verbs(running.calls(), "restart")
    assert restarted == ["deb-systemd-invoke restart decnet-bus.service", "deb-systemd-invoke restart decnet-ingester.service"]
    assert not (running.image.root / "run/decnet-upgrade.lock").exists()


def test_second_attempt_of_an_upgrade_forgets_nobody_who_ran_before_the_first(running: Machine) -> None:
    running.runs("bus", "ingester")
    running.run("gate")
    running.runs("bus")
    running.run("gate")
    assert running.image.text("run/decnet-upgrade.lock") == "decnet-bus.service\ndecnet-ingester.service\n"


def test_upgrade_leaves_the_processes_where_the_operator_restarts_them(running: Machine) -> None:
    running.run("apply", "DECNET_RESTART_ON_UPGRADE=no")
    running.runs("bus", "ingester")
    running.run("gate")
    running.calls()
    running.run("apply", "--reason", "postinst")
    assert verbs(running.calls(), "restart", "start", "stop") == []
    assert running.image.text("run/decnet-restart-pending").splitlines()[0] == "decnet-bus.service 4711"


def test_policy_that_lets_nothing_start_leaves_the_processes_and_is_told(running: Machine) -> None:
    (running.books / "policy").touch()
    running.runs("bus")
    running.run("gate")
    done = running.run("apply", "--reason", "postinst")
    assert "still as before" in done.stderr
    assert running.image.text("run/decnet-restart-pending") == "decnet-bus.service 4711\n"


def older(path: Path) -> bytes:
    """Let the stamp say that the store is from another version; return the store."""
    (path.parents[2] / "decnet-package/schema.json").unlink()
    return path.read_bytes()


def test_upgrade_keeps_three_copies_of_the_store(running: Machine) -> None:
    backups = running.image.root / STATE / "backups"
    for _ in range(4):
        older(running.image.root / STORE)
        running.runs()
        running.run("gate")
        running.run("apply", "DECNET_RESTART_ON_UPGRADE=no")
    assert [path.name[:6] for path in sorted(backups.iterdir())] == ["000002", "000003", "000004"]
    newest = max(backups.iterdir()) / "decnet.db"
    assert (newest.stat().st_uid, stat.S_IMODE(newest.stat().st_mode)) == (0, 0o600)
    assert sqlite3.connect(newest).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert stat.S_IMODE(backups.stat().st_mode) == 0o700


def test_migration_that_fails_leaves_the_store_and_the_gate_and_names_the_copy(running: Machine) -> None:
    store = running.image.root / STORE
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = dump(store)
    older(store)
    running.runs("bus", "ingester")
    running.run("gate")
    running.calls()
    failed = running.run("apply", "--reason", "postinst", code=2)
    (backup,) = (running.image.root / STATE / "backups").iterdir()
    assert f"/{STATE}/backups/{backup.name}/decnet.db" in failed.stderr
    assert dump(store) == before
    assert running.image.owners(STORE) == ("decnet", "decnet")
    assert (running.image.root / "run/decnet-upgrade.lock").exists()
    assert verbs(running.calls(), "stop", "restart") == ["systemctl stop decnet-ingester.service"]
    assert "step store" in running.image.text(f"{STATE}/journal")
    assert list(store.parent.glob("*.replaced.*")) == []


def test_kill_while_the_copy_comes_back_is_finished_by_the_next_run(running: Machine) -> None:
    store = running.image.root / STORE
    older(store)
    running.runs()
    running.run("gate")
    running.run("apply")
    before = dump(store)
    (backup,) = (running.image.root / STATE / "backups").iterdir()
    store.write_bytes(b"half of a store")
    journal = running.image.root / STATE / "journal"
    journal.write_text(f"begin 0.1.0 postinst\nstep store\nrestore /{STATE}/backups/{backup.name}\n", encoding="utf-8")
    running.run("apply")
    assert dump(store) == before
    assert running.image.owners(STORE) == ("decnet", "decnet")
    assert ((backup / "decnet.db").stat().st_uid, backup.stat().st_uid) == (0, 0)


def finished_later(running: Machine, verb: str, **content: bytes) -> Path:
    """Let a run die when it was about to put a copy of the store back, and run ``verb`` much later; return the store."""
    store = running.image.root / STORE
    older(store)
    running.runs()
    running.run("gate")
    running.run("apply")
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE filled_for_days (evidence TEXT)")
    connection.close()
    if content:
        store.write_bytes(content["store"])
    (backup,) = (running.image.root / STATE / "backups").iterdir()
    journal = running.image.root / STATE / "journal"
    journal.write_text(f"begin 0.1.0 postinst\nstep store\nrestore /{STATE}/backups/{backup.name}\n", encoding="utf-8")
    running.run(verb)
    return store


@pytest.mark.parametrize("verb", ["apply", "rollback"])
def test_store_that_was_mended_since_is_left_alone_by_the_run_that_is_finished(running: Machine, verb: str) -> None:
    running.runs()
    running.run("set", "--group", "secops")
    store = finished_later(running, verb)
    assert "filled_for_days" in "".join(dump(store))


def test_rollback_finishes_what_a_killed_run_was_about_to_restore_and_keeps_what_was_there(running: Machine) -> None:
    running.runs()
    running.run("set", "--group", "secops")
    store = finished_later(running, "rollback", store=b"half of a store")
    assert "alembic_version" in "".join(dump(store))
    (kept,) = store.parent.glob("decnet.db.replaced.*")
    assert kept.read_bytes() == b"half of a store"


def test_store_that_nobody_touched_since_is_replaced_whole_or_not(running: Machine) -> None:
    """A migration may have destroyed things and said that they are good so."""
    store = running.image.root / STORE
    older(store)
    running.runs()
    running.run("gate")
    running.run("apply")
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE what_a_migration_left (evidence TEXT)")
    connection.close()
    (backup,) = (running.image.root / STATE / "backups").iterdir()
    program = "from pathlib import Path; from decnet.install import host, migration"
    program += "; print(migration.look_of_store(host.of(Path('/'), {})))"
    look = running.call(sys.executable, "-I", "-B", "-c", program).stdout.strip()
    text = f"begin 0.1.0 postinst\nstep store\nreplaces {look}\nrestore /{STATE}/backups/{backup.name}\n"
    (running.image.root / STATE / "journal").write_text(text, encoding="utf-8")
    running.run("apply")
    assert "what_a_migration_left" not in "".join(dump(store))
    (kept,) = store.parent.glob("decnet.db.replaced.*")
    assert "what_a_migration_left" in "".join(dump(kept))


def test_copy_that_is_gone_keeps_no_run_from_its_end(running: Machine) -> None:
    journal = running.image.root / STATE / "journal"
    journal.write_text(f"begin 0.1.0 postinst\nstep store\nrestore /{STATE}/backups/000009-gone\n", encoding="utf-8")
    assert "000009-gone, which is gone" in running.run("apply").stderr
    assert not journal.exists()


def test_copy_that_cannot_be_made_ends_half_applied_and_takes_a_new_identity_back(running: Machine) -> None:
    store = running.image.root / STORE
    older(store)
    store.write_bytes(b"half of a store")
    failed = running.run("apply", "DECNET_GROUP=secops", code=1)
    assert "stays what it was" in failed.stderr
    assert "DECNET_GROUP=decnet\n" in running.image.text("etc/decnet/package.conf")
    running.run("gate")
    assert "DECNET_SKIP_BACKUP=yes" in running.run("apply", code=3).stderr
    assert store.read_bytes() == b"half of a store"


def test_who_forces_an_upgrade_goes_past_the_look_at_the_free_space(running: Machine) -> None:
    store = running.image.root / STORE
    older(store)
    with store.with_name("decnet.db-wal").open("wb") as file:
        file.truncate(1 << 43)
    running.run("gate")
    assert "the store was not touched" in running.run("apply", code=1).stderr
    running.run("apply", "DECNET_FORCE_UPGRADE=yes")


def killed_at_the_store(running: Machine, step: int) -> None:
    """Kill an upgrade before each of its deeds (or each of ``step``); the next run brings the store to its end, as it was."""
    store, stamp = running.image.root / STORE, running.image.root / STATE / "schema.json"
    before, moment, finished = dump(store), 1, False
    running.runs()
    while not finished:
        stamp.unlink()
        running.run("gate")
        finished = running.call(*dying(moment, "apply"), code=None).returncode == 0
        running.run("apply")
        assert json.loads(stamp.read_text(encoding="utf-8")) == {"schema": SCHEMA}
        assert (dump(store), running.image.owners(STORE)) == (before, ("decnet", "decnet"))
        assert not (running.image.root / STATE / "journal").exists()
        assert not (running.image.root / "run/decnet-upgrade.lock").exists()
        assert not (running.image.root / "var/lib/decnet/.backup").exists()
        moment += step
    assert moment > step + 1


@pytest.mark.timeout(300)
def test_upgrade_that_is_killed_at_the_store_is_finished_by_the_next_run(running: Machine) -> None:
    killed_at_the_store(running, 40)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_upgrade_that_is_killed_before_any_of_its_deeds_is_finished_by_the_next_run(running: Machine) -> None:
    killed_at_the_store(running, 1)


def test_unit_that_is_masked_is_not_enabled_until_it_is_unmasked(fresh: Machine) -> None:
    mask = fresh.image.root / "etc/systemd/system/decnet-ingester.service"
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.symlink_to("/dev/null")
    fresh.run("apply")
    assert "decnet-ingester.service" not in verbs(fresh.calls(), "enable")[0]
    mask.unlink()
    fresh.run("apply")
    assert verbs(fresh.calls(), "enable") == ["systemctl enable decnet-ingester.service"]


def test_reconfiguration_by_a_package_starts_again_what_it_stopped_whatever_the_policy(running: Machine) -> None:
    running.runs("ingester")
    said = impatient(running, "apply", "DECNET_GROUP=secops", "--reason", "postinst")
    assert "warning: decnet-ingester.service did not answer within 1 s" in said
    assert verbs(running.calls(), "restart") == ["systemctl restart decnet-ingester.service"]


def test_installation_that_was_taken_away_is_started_again_when_it_comes_back(tmp_path: Path) -> None:
    made = machine(tmp_path / "root", packaged=False)
    interpreter_in(made.image.root / "var/lib/venv/bin")
    program = "import sys; from decnet.cli.main import main; sys.exit(main(sys.argv[1:]))"
    init = (sys.executable, "-I", "-B", "-c", program, "init", "--install-dir", str(ROOT), "--venv-dir", "/var/lib/venv")
    made.call(*init)
    assert verbs(made.calls(), "start") == ["systemctl start decnet.target"]
    made.runs(*ALL)
    with (made.books / "active").open("a", encoding="utf-8") as active:
        active.write("decnet.target\ndecnet-master.target\ndecnet-secrets.service\n")
    made.call(*init, "--deinit")
    (stopped,) = verbs(made.calls(), "stop")
    for unit in ("decnet-bus.service", "decnet.target", "decnet-master.target", "decnet-secrets.service"):
        assert unit in stopped
    assert not (made.image.root / "run/decnet").exists()
    made.call(*init, "--deinit")
    assert verbs(made.calls(), "stop") == [], "systemd refuses to stop what it does not know any more"
    made.call(*init)
    assert verbs(made.calls(), "start") == ["systemctl start decnet.target"]


def interpreter_in(programs: Path) -> None:
    """Make an environment with an interpreter of its own: the one of the tests may lie where no service could run it."""
    programs.mkdir(parents=True)
    (programs / "decnet").touch()
    (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    (programs / "python").chmod(0o755)


def dump(store: Path) -> list[str]:
    """Return everything in a database."""
    connection = sqlite3.connect(store)
    found = list(connection.iterdump())
    connection.close()
    return found


def test_lock_that_is_held_ends_with_the_code_that_means_later(running: Machine) -> None:
    with (running.image.root / "run/decnet-configure.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another configuration" in running.run("apply", code=75).stderr


def test_doctor_names_the_step_and_the_command_of_a_half_applied_host(running: Machine) -> None:
    (running.image.root / STATE / "journal").write_text("begin 0.1.0 manual\nstep owners\n", encoding="utf-8")
    program = "import sys; from decnet.cli.main import main; sys.exit(main(['doctor']))"
    done = running.call(sys.executable, "-I", "-B", "-c", program, code=3, DECNET_CONFIG="/etc/decnet")
    assert "the configuration stopped at the step owners" in done.stdout
    assert "decnet configure apply" in done.stdout


def test_purge_stops_what_runs_so_that_the_next_configuration_begins_anew(running: Machine) -> None:
    with (running.books / "active").open("a", encoding="utf-8") as active:
        active.write("decnet.target\ndecnet-master.target\ndecnet-secrets.service\ndecnet-folders.service\n")
    running.run("unrender", "--purge", "--purge-evidence", "--yes")
    (stopped,) = verbs(running.calls(), "stop")
    for unit in ("decnet-bus.service", "decnet.target", "decnet-secrets.service", "decnet-folders.service"):
        assert unit in stopped
    running.run("apply")
    assert verbs(running.calls(), "start") == ["systemctl start decnet.target"]


def test_programs_of_the_system_are_found_whatever_path_the_caller_has(running: Machine) -> None:
    running.run("set", "--group", "secops")
    poor = running.image.root / "poor"
    poor.mkdir()
    for name in ("systemctl", "deb-systemd-invoke", "debconf-communicate"):
        (poor / name).symlink_to(running.image.root / "programs" / name)
    done = running.call("/usr/bin/env", f"PATH={poor}", sys.executable, *MODULE, "set", "--group", "ops2")
    assert "warning" not in done.stderr
    assert running.image.members("secops") == ""


def test_membership_that_could_not_be_ended_is_ended_by_the_next_run_with_the_services_restarted(running: Machine) -> None:
    running.run("set", "--user", "honey", "--group", "secops")
    usermod = running.image.root / "programs/usermod"
    usermod.write_text("#!/bin/sh\nexit 9\n", encoding="utf-8")
    usermod.chmod(0o755)
    assert "still a member of secops" in running.run("set", "--group", "ops2").stderr
    assert running.image.members("secops") == "honey"
    usermod.unlink()
    assert "leave   honey secops" in running.run("diff", code=4).stdout
    running.calls()
    running.run("apply")
    assert running.image.members("secops") == ""
    restarted = verbs(running.calls(), "restart")
    assert "systemctl restart decnet-bus.service" in restarted
    assert "systemctl restart decnet-decoys.service" not in restarted
    assert running.run("diff").stdout == ""
