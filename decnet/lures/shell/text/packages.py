# SPDX-License-Identifier: MIT
"""The packages that dpkg knows: name, version, summary. What a lure shows of its software and its package agree."""

import re

from decnet.domain.persona import Persona
from decnet.lures.shell.text.release import Release, point_of, release_of
from decnet.lures.shell.text.table import rows

Package = tuple[str, str, str]
_RELEASES = ("debian 10", "debian 12", "ubuntu 20.04", "ubuntu 22.04")
_NOT_ON_A_BOARD = ("grub-", "dmidecode", "linux-image-")
_ON_A_BOARD = (
    ("raspberrypi-bootloader", "1:1.20230405-1", "Raspberry Pi bootloader"),
    ("raspberrypi-kernel", "1:1.20230405-1", "Raspberry Pi bootloader"),
    ("raspi-config", "20230214", "Raspberry Pi configuration tool"),
)
_OPENSSH = re.compile(r"OpenSSH_(\S+) [A-Za-z]+-(\S+)")
_POSTGRESQL = re.compile(r"PostgreSQL (\d+)\.\d+ \(\w+ ([^)]+)\)")
_DATABASE = re.compile(r"(\d+\.\d+)\.\d+-(?:(MariaDB)-)?\S+")
_DEBIAN_KERNEL = re.compile(r"#1 SMP(?: \S+)? Debian (\S+)")
_UBUNTU_KERNEL = re.compile(r"#(\d+)\S*-Ubuntu ")
_KERNEL_SUMMARY = "Linux kernel image"


def packages(persona: Persona) -> list[Package]:
    """Return the packages of a decoy, sorted by name."""
    release = release_of(persona)
    found = {name: (version, summary) for name, version, summary in _of_release(release)}
    for name, version, summary in (*_behind_lures(persona, release), *_kernel(persona)):
        found[name] = version, summary or found.get(name, ("", ""))[1]
    if point := point_of(persona):
        version, summary = found["base-files"]
        found["base-files"] = re.sub(r"deb11u\d+", f"deb11u{point}", version), summary
    return sorted((name, version, summary) for name, (version, summary) in found.items())


def _of_release(release: Release) -> list[Package]:
    """Return the packages that every machine of a release has."""
    usual = [(name, version, summary) for name, version, summary in (row.split("|") for row in rows("debian-11"))]
    if release.name.startswith("raspbian"):
        return [*(package for package in usual if not package[0].startswith(_NOT_ON_A_BOARD)), *_ON_A_BOARD]
    if release.name not in _RELEASES:
        return usual
    column = _RELEASES.index(release.name)
    versions = {name: others[column] for name, *others in (row.split("|") for row in rows("other-versions"))}
    return [(name, versions[name], summary) for name, _, summary in usual if name in versions]


def _behind_lures(persona: Persona, release: Release) -> list[Package]:
    """Return the packages of what the lures show."""
    found = _named_by_software(persona.software)
    is_ubuntu = release.name.startswith("ubuntu")
    for row in rows("behind-lures"):
        lure, start, name, debian, ubuntu, summary = row.split("|")
        software = persona.software.get(lure, persona.software.get("https", "") if lure == "http" else "")
        if software and software.startswith(start):
            found.append((name, ubuntu if is_ubuntu else debian, summary))
    return found


def _named_by_software(software: dict[str, str]) -> list[Package]:
    """Return the packages whose versions stand in what their programs say of themselves."""
    found = []
    if match := _OPENSSH.match(software.get("ssh", "")):
        version = f"1:{match[1]}-{match[2]}"
        found += [("openssh-client", version, ""), ("openssh-server", version, "")]
    if match := _POSTGRESQL.match(software.get("postgresql", "")):
        summary = "The World's Most Advanced Open Source Relational Database"
        found.append((f"postgresql-{match[1]}", match[2], summary))
    if match := _DATABASE.fullmatch(software.get("mysql", "")):
        kind, epoch = ("mariadb", "1:") if match[2] else ("mysql", "")
        version = epoch + match[0].replace("-MariaDB", "")
        found.append((f"{kind}-server-{match[1]}", version, f"{'MariaDB' if match[2] else 'MySQL'} database server binaries"))
    return found


def _kernel(persona: Persona) -> list[Package]:
    """Return the package of the kernel that runs."""
    name = f"linux-image-{persona.kernel}"
    if persona.os_id == "debian" and (match := _DEBIAN_KERNEL.match(persona.kernel_build)):
        return [(name, match[1], _KERNEL_SUMMARY), ("linux-image-amd64", match[1], "Linux for 64-bit PCs (meta-package)")]
    if persona.os_id == "ubuntu" and (match := _UBUNTU_KERNEL.match(persona.kernel_build)):
        return [(name, f"{persona.kernel.removesuffix('-generic')}.{match[1]}", _KERNEL_SUMMARY)]
    return []
