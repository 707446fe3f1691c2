# SPDX-License-Identifier: MIT
"""
Processes that are killed at a chosen moment, as a power cut would do it.

The interpreter tells of everything that a program does to the world before it happens (PEP 578). A listener counts that and
ends its own process by SIGKILL at a chosen number: no product code knows of it, and nothing gets the chance to tidy up.
"""

import os
import signal
import subprocess
import sys

_PROGRAM = """
import os, runpy, signal, sys
last, seen = int(sys.argv[1]), 0
DEEDS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.symlink", "os.link", "subprocess.Popen"}
def watch(event, arguments):
    global seen
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event in DEEDS or writes:
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
sys.argv = ["decnet.install", *sys.argv[2:]]
try:
    runpy.run_module("decnet.install", run_name="__main__", alter_sys=True)
finally:
    if not last:
        print(f"deeds {seen}")
"""
_SECONDS = 60


def dying(moment: int, *arguments: str) -> tuple[str, ...]:
    """Return the configurator as a command that dies at its deed of this number; 0 lets it live, and say how many it did."""
    return (sys.executable, "-I", "-B", "-c", _PROGRAM, str(moment), *arguments)


def _run(moment: int, arguments: tuple[str, ...], environment: dict[str, str] | None) -> subprocess.CompletedProcess[str]:
    """Run the configurator, and let it die at its deed of this number; 0 lets it live."""
    command = dying(moment, *arguments)
    found = dict(os.environ, **(environment or {}))
    return subprocess.run(command, cwd="/", env=found, capture_output=True, text=True, check=False, timeout=_SECONDS)


def deeds(*arguments: str, environment: dict[str, str] | None = None, code: int = 0) -> int:
    """Run the configurator to its end, whichever is expected, and return how many things it did to the world."""
    done = _run(0, arguments, environment)
    assert done.returncode == code, done.stderr
    return int(done.stdout.split()[-1])


def killed_at(moment: int, *arguments: str, environment: dict[str, str] | None = None) -> bool:
    """Run the configurator and kill it right before its deed of this number; say whether it came that far."""
    return _run(moment, arguments, environment).returncode == -signal.SIGKILL
