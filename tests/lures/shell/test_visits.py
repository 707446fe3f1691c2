# SPDX-License-Identifier: MIT
"""Who comes back finds his files; what is kept for that is bounded."""

from decnet.lures.shell import visits
from decnet.lures.shell.machine import Machine, machine_of
from decnet.lures.shell.visits import Visits
from tests.support.decoys import decoy, persona


def test_files_are_there_again_for_the_same_address_only() -> None:
    kept = Visits(Machine(decoy()))
    kept.filesystem("192.0.2.1").write("/left", b"x")
    assert kept.filesystem("192.0.2.1").exists("/left")
    assert not kept.filesystem("192.0.2.2").exists("/left")


def test_visitors_are_bounded() -> None:
    kept = Visits(Machine(decoy()))
    for number in range(visits.VISITORS + 1):
        kept.filesystem(f"192.0.{number // 256}.{number % 256}").write("/left", b"x")
    assert len(kept._kept) == visits.VISITORS
    assert not kept.filesystem("192.0.0.0").exists("/left")


def test_bytes_are_bounded() -> None:
    kept = Visits(Machine(decoy()))
    for number in range(6):
        kept.filesystem(f"192.0.2.{number}").write("/left", bytes(30 << 20))
    kept.filesystem("192.0.2.5")
    assert kept._bytes() <= visits.BYTES


def test_planted_account_exists_and_owns_its_home() -> None:
    kept = Visits(Machine(decoy()))
    kept.admit("192.0.2.1", "oracle")
    files = kept.admit("192.0.2.1", "oracle")
    assert files.read("/etc/passwd").count(b"\noracle:x:") == 1
    assert files.stat("/home/oracle").uid >= 1000


def test_visitor_who_broke_the_accounts_is_let_in_all_the_same() -> None:
    kept = Visits(Machine(decoy()))
    files = kept.filesystem("192.0.2.1")
    files.unlink("/etc/passwd")
    files.tree.max_files = 0
    files.tree.max_bytes = 0
    assert not kept.admit("192.0.2.1", "oracle").exists("/home/oracle")


def test_lures_of_one_decoy_share_what_a_visitor_left() -> None:
    machine = machine_of(decoy())
    Visits(machine).filesystem("192.0.2.1").write("/left", b"x")
    assert Visits(machine_of(decoy())).filesystem("192.0.2.1").exists("/left")
    assert machine_of(decoy(persona=persona(seed="another"))) is not machine
    assert machine_of(decoy(name="another")) is not machine
