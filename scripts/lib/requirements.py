# SPDX-License-Identifier: MIT
"""Print the requirements that setup.cfg declares: what ships, and what extras that are named add; ``--only`` those."""

import configparser
import sys
from pathlib import Path


def requirements(setup: Path, *extras: str, shipped: bool = True) -> list[str]:
    """Return the requirement lines of what is ``shipped`` and of ``extras``, in the order of the file."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(setup.read_text(encoding="utf-8"))
    wanted = [parser["options"]["install_requires"]] if shipped else []
    wanted += [parser["options.extras_require"][extra] for extra in extras]
    return [line for text in wanted for line in text.splitlines() if line]


if __name__ == "__main__":
    only = "--only" in sys.argv
    print("\n".join(requirements(Path("setup.cfg"), *(word for word in sys.argv[1:] if word != "--only"), shipped=not only)))
