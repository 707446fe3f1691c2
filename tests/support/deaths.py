# SPDX-License-Identifier: MIT
"""
Processes that are killed at a chosen moment, as a power cut would do it, or whose disk breaks then.

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
_BREAKING = """
import errno, os, runpy, signal, sys
step, breaks, death = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
DEEDS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.symlink", "os.link", "subprocess.Popen"}
broken = after = 0
def here():
    try:
        with open("/var/lib/decnet-package/journal") as journal:
            return journal.read().rstrip().endswith(f"step {step}")
    except FileNotFoundError:
        return False
def watch(event, arguments):
    global broken, after
    opens = event == "open" and not isinstance(arguments[0], int)  # pipes to programs are opened by their numbers
    writes = opens and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event not in DEEDS and not writes:
        return
    after += bool(broken)
    if after and after == death:
        os.kill(os.getpid(), signal.SIGKILL)
    if broken < breaks and (broken or here()) and not (broken and event == "subprocess.Popen"):
        broken += 1
        raise OSError(errno.EIO, "the disk is broken")
sys.addaudithook(watch)
sys.argv = ["decnet.install", *sys.argv[4:]]
runpy.run_module("decnet.install", run_name="__main__", alter_sys=True)
"""
_FOR_GOOD = 1_000_000
_SECONDS = 60


def dying(moment: int, *arguments: str) -> tuple[str, ...]:
    """Return the configurator as a command that dies at its deed of this number; 0 lets it live, and say how many it did."""
    return (sys.executable, "-I", "-B", "-c", _PROGRAM, str(moment), *arguments)


def breaking(step: str, *arguments: str, for_good: bool = False, death: int = 0) -> tuple[str, ...]:
    """
    Return the configurator as a command whose first deed in a step fails; ``for_good``: whatever it writes later, too.

    Programs can be started again then. With ``death`` it dies at the deed of this number after the one that failed.
    """
    breaks = _FOR_GOOD if for_good else 1
    return (sys.executable, "-I", "-B", "-c", _BREAKING, step, str(breaks), str(death), *arguments)


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
