# SPDX-License-Identifier: MIT
"""Who comes back finds his files; what is kept for that is bounded."""

from decnet.lures.shell.machine import Machine
from decnet.lures.ssh import visits
from decnet.lures.ssh.visits import Visits, ensure_account
from tests.lures.ssh import desk
from tests.support.decoys import decoy


def test_files_are_there_again_for_the_same_address_only() -> None:
    kept = Visits(Machine(decoy()))
    kept.filesystem("192.0.2.1").write("/left", b"x")
    assert kept.filesystem("192.0.2.1").exists("/left")
    assert not kept.filesystem("192.0.2.2").exists("/left")


def test_visitors_are_bounded() -> None:
    kept = Visits(Machine(decoy()))
    for number in range(visits.VISITORS + 1):
        kept.filesystem(f"192.0.2.{number}").write("/left", b"x")
    assert len(kept._kept) == visits.VISITORS
    assert not kept.filesystem("192.0.2.0").exists("/left")


def test_bytes_are_bounded() -> None:
    kept = Visits(Machine(decoy()))
    for number in range(6):
        kept.filesystem(f"192.0.2.{number}").write("/left", bytes(30 << 20))
    kept.filesystem("192.0.2.5")
    assert kept._bytes() <= visits.BYTES


def test_planted_account_exists_and_owns_its_home() -> None:
    files = desk.filesystem()
    ensure_account(files, "oracle")
    ensure_account(files, "oracle")
    assert files.read("/etc/passwd").count(b"oracle:x:1001:1001::/home/oracle:/bin/bash\n") == 1
    assert files.stat("/home/oracle").uid == 1001


def test_account_of_no_name_or_without_room_is_no_error() -> None:
    files = desk.filesystem()
    ensure_account(files, "a:b\n")
    files.unlink("/etc/passwd")
    files.tree.max_files = 0
    files.tree.max_bytes = 0
    ensure_account(files, "oracle")
    assert not files.exists("/home/oracle")
