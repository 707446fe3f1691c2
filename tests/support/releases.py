# SPDX-License-Identifier: MIT
"""
Other versions of decnet, made of a built package: unpacked, changed as a later checkout would be, packed again by dpkg-deb.

A change of the schema is a whole one: a revision, its number in the programs, in build.json and in preinst.
"""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from decnet.store.database import SCHEMA
from tests.support.packages import Package, output

NEXT_SCHEMA = SCHEMA + 1
REVISION = f'''\
# SPDX-License-Identifier: MIT
"""A later schema."""

from alembic import op

revision = "{NEXT_SCHEMA:04}"
down_revision = "{SCHEMA:04}"


def upgrade() -> None:
    """Do what a migration does."""
    bind = op.get_bind()
    bind.exec_driver_sql("CREATE TABLE later (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
    bind.exec_driver_sql("INSERT INTO later SELECT number, number || '-' || kind FROM evidence")
'''
BROKEN = '    bind.exec_driver_sql("DELETE FROM evidence")\n    bind.exec_driver_sql("DROP TABLE writer")\n'
COMMITS = '    bind.exec_driver_sql("COMMIT")\n    bind.exec_driver_sql("BEGIN IMMEDIATE")\n'
RAISES = '    raise RuntimeError("this migration is broken")\n'


@dataclass(frozen=True)
class Tree:
    """An unpacked package."""

    root: Path

    @property
    def packages(self) -> Path:
        """The folder of decnet's own modules."""
        return next(self.root.glob("opt/decnet/lib/python3.*/site-packages/decnet"))

    def change(self, path: Path, pattern: str, by: str) -> None:
        """Replace in a file what has to be there; compiled code of it would not be looked at again, so it goes."""
        text, count = re.subn(pattern, lambda _: by, path.read_text(), flags=re.MULTILINE)
        assert count, f"{path} has no {pattern}"
        path.write_text(text)
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()

    def name_version(self, version: str) -> None:
        """Be another version."""
        whole = self.full_version(version)
        old = re.escape(self.version)
        self.change(self.root / "DEBIAN/control", f"^Version: {old}$", f"Version: {whole}")
        self.change(self.root / "DEBIAN/preinst", f"^VERSION={old}$", f"VERSION={whole}")
        self.change(self.packages / "version.py", "^VERSION = .*$", f'VERSION = "{version}"')
        self._build(version=whole)

    @property
    def version(self) -> str:
        """The version of the package."""
        found = re.search("^Version: (.*)$", (self.root / "DEBIAN/control").read_text(), flags=re.MULTILINE)
        assert found
        return found[1]

    def full_version(self, version: str) -> str:
        """Return a version with the revision and the Debian of this package."""
        return f"{version}-{self.version.rpartition('-')[2]}"

    def add_revision(self, text: str) -> None:
        """Have a schema of a later number."""
        self.change(self.packages / "store/database.py", f"^SCHEMA = {SCHEMA}$", f"SCHEMA = {NEXT_SCHEMA}")
        self.change(self.root / "DEBIAN/preinst", f"^SCHEMA={SCHEMA}$", f"SCHEMA={NEXT_SCHEMA}")
        (self.packages / f"store/migrations/versions/revision_{NEXT_SCHEMA:04}.py").write_text(text)
        self._build(schema=NEXT_SCHEMA)

    def _build(self, **facts: str | int) -> None:
        path = self.root / "opt/decnet/share/decnet/build.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **facts}) + "\n")

    def pack(self, file: Path) -> Path:
        """Make a package of it, with the sums of its files as they are."""
        names = sorted(path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())
        listed = [str(path.relative_to(self.root)) for path in names if "DEBIAN" not in path.relative_to(self.root).parts]
        sums = output("md5sum", *(str(self.root / name) for name in listed)).replace(f"{self.root}/", "")
        (self.root / "DEBIAN/md5sums").write_text(sums)
        output("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(self.root), str(file))
        return file


@dataclass(frozen=True)
class Releases:
    """The versions of one suite; ``built`` is what this checkout is."""

    built: Package
    folder: Path

    @property
    def previous(self) -> Path:
        """The version before, with a file that the next one does not have any more."""

        def change(tree: Tree) -> None:
            (tree.packages / "only_before.py").write_text("NUMBER = 1\n")

        return self._made("0.0.9", change)

    @property
    def smaller(self) -> Path:
        """A version before, that had no dashboard yet."""

        def change(tree: Tree) -> None:
            tree.change(tree.packages / "catalog.py", r'    Service\(\n        name="web",(?:\n.*)*?\n    \),\n', "")
            (unit,) = tree.root.glob("**/systemd/system/decnet-web.service")
            unit.unlink()

        return self._made("0.0.8", change)

    @property
    def next(self) -> Path:
        """The version after, whose store has a later schema."""
        return self._made("0.9.0", lambda tree: tree.add_revision(REVISION))

    @property
    def failing(self) -> Path:
        """A version after, whose migration destroys things, says they are good so, and fails."""
        return self._made("0.8.0", lambda tree: tree.add_revision(REVISION + BROKEN + COMMITS + RAISES))

    @property
    def refusing(self) -> Path:
        """A version after, that does not want to be installed."""

        def change(tree: Tree) -> None:
            refusal = (
                'set -e\n[ "$1" != upgrade ] || [ ! -x /srv/between ] || /srv/between\necho "decnet: not here" >&2\nexit 1'
            )
            tree.change(tree.root / "DEBIAN/preinst", "^set -e$", refusal)

        return self._made("0.7.0", change)

    def _made(self, version: str, change: Callable[[Tree], None]) -> Path:
        """Make a version, once."""
        tree = Tree(self.folder / version)
        file = self.folder / f"decnet_{version}_amd64.deb"
        if not file.exists():
            output("dpkg-deb", "--raw-extract", str(self.built.file), str(tree.root))
            tree.name_version(version)
            change(tree)
            tree.pack(file)
            shutil.rmtree(tree.root)
        return file


def version_of(package: Path) -> str:
    """Return the version of a package."""
    return output("dpkg-deb", "--field", str(package), "Version").strip()
