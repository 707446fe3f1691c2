# SPDX-License-Identifier: MIT
"""Print the requirements that setup.cfg declares: what ships, and what each extra that is named adds."""

import configparser
import sys
from pathlib import Path


def requirements(setup: Path, *extras: str) -> list[str]:
    """Return the requirement lines of ``install_requires`` and of ``extras``, in the order of the file."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(setup.read_text(encoding="utf-8"))
    wanted = [parser["options"]["install_requires"], *(parser["options.extras_require"][extra] for extra in extras)]
    return [line for text in wanted for line in text.splitlines() if line]


if __name__ == "__main__":
    print("\n".join(requirements(Path("setup.cfg"), *sys.argv[1:])))
