# SPDX-License-Identifier: MIT
"""What is installed holds every file that the product reads."""

from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import Path

from tests.support.sources import ROOT, files

# what scripts/assets lays out before a package is built; tests/gates/test_web.py says that it is not committed
MADE = ["web/static/vendor/*"]


def test_every_data_file_is_installed_and_every_pattern_has_a_file() -> None:
    """A data file that ``setup.cfg`` forgets works in a checkout and is missing in a package."""
    setup = ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    patterns = setup["options.package_data"]["decnet"].split()
    names = [str(Path(*path.parts[1:])) for path in files() if path.parts[0] == "decnet" and path.suffix != ".py"]
    assert [name for name in names if not any(fnmatch(name, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in names)] == MADE
