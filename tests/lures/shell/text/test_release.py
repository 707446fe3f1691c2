# SPDX-License-Identifier: MIT
"""A machine says the same of its release wherever it is asked."""

from typing import Any

import pytest

from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.shell import Shell
from decnet.lures.shell.text.packages import packages
from decnet.lures.shell.text.release import release_of
from tests.lures.shell.sessions import Screen, Watching
from tests.support.decoys import decoy, persona

RELEASES = [
    ("debian", "10", "buster", "Debian GNU/Linux 10 (buster)", "5.0.3(1)-release", "Python 3.7.3"),
    ("debian", "11", "bullseye", "Debian GNU/Linux 11 (bullseye)", "5.1.4(1)-release", "Python 3.9.2"),
    ("debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)", "5.2.15(1)-release", "Python 3.11.2"),
    ("ubuntu", "20.04", "focal", "Ubuntu 20.04.6 LTS", "5.0.17(1)-release", "Python 3.8.10"),
    ("ubuntu", "22.04", "jammy", "Ubuntu 22.04.4 LTS", "5.1.16(1)-release", "Python 3.10.12"),
    ("raspbian", "11", "bullseye", "Raspbian GNU/Linux 11 (bullseye)", "5.1.4(1)-release", "Python 3.9.2"),
]
BOARD = {
    "architecture": "armv7l",
    "kernel": "6.1.21-v7+",
    "kernel_build": "#1642 SMP Mon Apr  3 17:20:52 BST 2023",
    "vendor": "Raspberry Pi Foundation",
    "model": "Raspberry Pi 3 Model B Rev 1.2",
}


async def answers(line: bytes, **overrides: Any) -> str:
    """Return what a machine of a persona shows for a line."""
    machine, screen = Machine(decoy(persona=persona(**overrides))), Screen()
    shell = Shell(machine, machine.new_filesystem(), "root", Watching(), screen, arrival=Arrival("192.0.2.7"))
    await shell.run_line(line)
    return bytes(screen.shown).decode()


@pytest.mark.parametrize(("os_id", "os_version", "codename", "title", "bash", "python"), RELEASES)
async def test_versions_follow_the_release(  # noqa: PLR0917 - the columns of the table
    os_id: str, os_version: str, codename: str, title: str, bash: str, python: str
) -> None:
    line = b"echo $BASH_VERSION; python3 --version; . /etc/os-release; echo $PRETTY_NAME/$ID/$VERSION_ID/$VERSION_CODENAME"

    shown = await answers(line, os_id=os_id, os_version=os_version, codename=codename, os=title)

    assert shown.splitlines() == [bash, python, f"{title}/{os_id}/{os_version}/{codename}"]


@pytest.mark.parametrize(
    ("os_id", "os_version", "mark"),
    [("debian", "12", "deb11"), ("debian", "10", "deb11"), ("ubuntu", "20.04", "deb"), ("ubuntu", "22.04", "deb1")],
)
def test_no_package_is_of_another_release(os_id: str, os_version: str, mark: str) -> None:
    found = packages(persona(os_id=os_id, os_version=os_version, software={}))

    assert len(found) > 30
    assert not [row for row in found if mark in row[1]]


async def test_a_board_is_one_wherever_it_is_looked_at() -> None:
    """No trace of a server's hardware: disk, firmware, packages, libraries and network agree."""
    line = (
        b"lspci; ls /sys/class/dmi; mount | grep ' / '; cat /proc/partitions /proc/cpuinfo /proc/cmdline; "
        b"dpkg -l; ls /usr/lib; ls /dev; df; ip link; ps aux; lscpu; lsblk; blkid; fdisk -l; lsmod; dmesg; cat /etc/fstab"
    )

    shown = await answers(line, os_id="raspbian", os_version="11", **BOARD)

    for trace in ("sda", "Intel", "intel", "ahci", "DMI", "VT-x", "amd64", "x86_64", "grub-pc", "dmidecode", "d0:94:66"):
        assert trace not in shown, trace
    for trace in ("/dev/mmcblk0p2", "Model\t\t: Raspberry Pi 3", "armhf", "arm-linux-gnueabihf", "b8:27:eb", "raspi-config"):
        assert trace in shown, trace


def test_an_unknown_release_is_the_usual_one() -> None:
    assert release_of(persona(os_id="arch", os_version="")).name == "debian 11"
