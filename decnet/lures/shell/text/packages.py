# SPDX-License-Identifier: MIT
"""The packages that dpkg knows: name, version, summary."""

from decnet.lures.shell.text.release import Release
from decnet.lures.shell.text.table import rows

Package = tuple[str, str, str]
_RELEASES = ("debian 10", "debian 12", "ubuntu 20.04", "ubuntu 22.04")
_NOT_ON_A_BOARD = ("grub-", "dmidecode", "linux-image-")
_ON_A_BOARD = (
    ("raspberrypi-bootloader", "1:1.20230405-1", "Raspberry Pi bootloader"),
    ("raspberrypi-kernel", "1:1.20230405-1", "Raspberry Pi bootloader"),
    ("raspi-config", "20230214", "Raspberry Pi configuration tool"),
)


def packages(release: Release) -> list[Package]:
    """Return the packages of a release, sorted by name."""
    usual = [(name, version, summary) for name, version, summary in (row.split("|") for row in rows("debian-11"))]
    if release.name.startswith("raspbian"):
        return sorted([*(package for package in usual if not package[0].startswith(_NOT_ON_A_BOARD)), *_ON_A_BOARD])
    if release.name not in _RELEASES:
        return usual
    column = _RELEASES.index(release.name)
    versions = {name: others[column] for name, *others in (row.split("|") for row in rows("other-versions"))}
    return [(name, versions[name], summary) for name, _, summary in usual if name in versions]
