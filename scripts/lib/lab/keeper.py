# SPDX-License-Identifier: MIT
"""
Run a machine until it powers off, anew each time it reboots: ``keeper.py GROUP PROGRAM ARGUMENT...``.

It is run by file name with ``python -I -S``. It stays in a group of its own below the machine's: processes live in leaves only.
"""

import os
import sys
from pathlib import Path

# how systemd-nspawn says that the machine wants to boot anew
REBOOTS = 133


def main(group: Path, argv: list[str]) -> int:
    """Run it and return its last exit code."""
    leaf = group / "keeper"
    leaf.mkdir(exist_ok=True)
    (leaf / "cgroup.procs").write_text("0")
    entry = [sys.executable, "-I", "-S", str(Path(__file__).with_name("entry.py")), str(group)]
    code = REBOOTS
    while code == REBOOTS:
        pid = os.posix_spawn(entry[0], [*entry, *argv], os.environ)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
