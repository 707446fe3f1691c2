# SPDX-License-Identifier: MIT
"""The root of a system in a folder: accounts, and what a package of decnet ships. systemd's own programs work on it."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from decnet.install import host
from decnet.install.host import Host
from decnet.install.render import vendor
from tests.support.sources import ROOT

_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\nadm:x:4:\nsudo:x:27:\nnogroup:x:65534:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n",
    "etc/gshadow": "root:*::\nadm:*::\nsudo:*::\nnogroup:*::\n",
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "etc/machine-id": "",
}


@dataclass(frozen=True)
class Image:
    """One root, and the configurator run on it as maintainer scripts do."""

    root: Path

    @property
    def host(self) -> Host:
        """The root as the configurator sees it."""
        return host.of(self.root, {})

    def run(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run ``python -m decnet.install ARGUMENTS`` on this root."""
        command = (sys.executable, "-I", "-B", "-m", "decnet.install", *arguments, "--root", str(self.root))
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=60)
        assert code is None or done.returncode == code, done.stderr
        return done

    def text(self, path: str) -> str:
        """Return the text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def owners(self, path: str) -> tuple[str, str]:
        """Return the names of a file's owner and group."""
        found = (self.root / path).lstat()
        return self._name("etc/passwd", found.st_uid), self._name("etc/group", found.st_gid)

    def gid(self, group: str) -> int:
        """Return the number of a group."""
        return next(int(row[2]) for row in self._rows("etc/group") if row[0] == group)

    def uid(self, user: str) -> int:
        """Return the number of an account."""
        return next(int(row[2]) for row in self._rows("etc/passwd") if row[0] == user)

    def members(self, group: str) -> str:
        """Return the members that are listed for a group."""
        return next(row[3] for row in self._rows("etc/group") if row[0] == group)

    def everything(self) -> dict[str, tuple[int, int, int, str]]:
        """Return mode, owner, group and content of every file, by its path; when files were written is left out."""
        return {path: (state.st_mode, state.st_uid, state.st_gid, _content(self.root / path)) for path, state in self._walk()}

    def times(self) -> dict[str, tuple[int, int]]:
        """Return which inode each path is and when it was written."""
        return {path: (state.st_ino, state.st_mtime_ns) for path, state in self._walk()}

    def _walk(self) -> list[tuple[str, os.stat_result]]:
        found = []
        for folder, folders, files in os.walk(self.root):
            for name in (*folders, *files):
                path = Path(folder, name)
                found.append((str(path.relative_to(self.root)), path.lstat()))
        return sorted(found)

    def _rows(self, path: str) -> list[list[str]]:
        return [line.split(":") for line in self.text(path).splitlines()]

    def _name(self, path: str, number: int) -> str:
        return next((row[0] for row in self._rows(path) if row[2] == str(number)), str(number))


def _content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def image(root: Path, *, packaged: bool = True) -> Image:
    """Make a root with accounts, and the files of a package where one brought them."""
    for name, text in _FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o640 if "shadow" in name else 0o644)
    for folder in ("run", "var/lib", "var/log", "usr/lib/systemd/system"):
        (root / folder).mkdir(parents=True)
    for file in vendor(ROOT / "deploy" / "templates") if packaged else ():
        path = root / str(file.path).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    root.chmod(0o755)
    return Image(root)
