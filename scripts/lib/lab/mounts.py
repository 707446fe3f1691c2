# SPDX-License-Identifier: MIT
"""What is mounted where, as the kernel says."""

import re
from pathlib import Path
from typing import NamedTuple

from scripts.lib.lab.program import finish

_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """One mount of this process's namespace."""

    point: Path
    kind: str


def mounts() -> list[Mount]:
    """Return every mount, in the order in which they were made."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        found.append(Mount(Path(_unescaped(fields[4])), fields[fields.index("-") + 1]))
    return found


def below(folder: Path) -> list[Path]:
    """Return the mount points in a folder, the last one made first."""
    return [mount.point for mount in reversed(mounts()) if mount.point.is_relative_to(folder)]


def unmount_below(folder: Path) -> None:
    """Unmount everything that is mounted in a folder."""
    for point in below(folder):
        finish("umount", str(point))


def _unescaped(text: str) -> str:
    """Return a path with the kernel's octal escapes undone."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)
