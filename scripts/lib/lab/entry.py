# SPDX-License-Identifier: MIT
"""
Join a control group, then become a program: ``entry.py GROUP PROGRAM ARGUMENT...``.

It is run by file name with ``python -I -S``, so that what it starts is in its group from the first moment on: whoever ends the
group has ended all of it, even where the lab was killed a moment after.
"""

import os
import sys
from pathlib import Path


def main(group: Path, argv: list[str]) -> None:
    """Join and become; a program that is not there is 127, as in a shell."""
    group.mkdir(exist_ok=True)
    (group / "cgroup.procs").write_text("0")
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - becoming another program is what this is for
    except FileNotFoundError:
        print(f"{argv[0]}: there is no such program", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
