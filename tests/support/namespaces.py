# SPDX-License-Identifier: MIT
"""
The configurator on a running system: a namespace of mounts and processes over an image, with a systemd that only keeps books.

The image's /etc, /run and /var take the place of the host's own, so paths, accounts, owners and children are real. Only
``systemctl`` is a program of ours: it says which services run, notes every call, and starts a bus on which those answer.
"""

import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from decnet.install.migration import environment
from tests.support.images import Image, image
from tests.support.sources import ROOT

_DECNET = "import sys; from decnet.cli.main import main; sys.exit(main(sys.argv[1:]))"
_SYSTEMCTL = """#!/usr/bin/python3 -SE
import os, subprocess, sys
words = [word for word in sys.argv[1:] if not word.startswith("-")]
verb, units = (words or ["ask"])[0], words[1:]
BOOKS = "/run/books"
def active():
    try:
        return open(BOOKS + "/active").read().split()
    except FileNotFoundError:
        return []
def keep(found):
    open(BOOKS + "/active", "w").write("\\n".join(found) + "\\n")
def listen():
    if os.path.exists(BOOKS + "/no-bus"):
        return
    accounts = open("/etc/sysusers.d/decnet.conf").read()
    group = [line for line in accounts.splitlines() if line.startswith("g ")][0].split()[1]
    if os.path.exists(BOOKS + "/bus"):
        os.kill(int(open(BOOKS + "/bus").read()), 9)
    bus = subprocess.Popen(["@PYTHON@", "-I", "-B", "@ANSWERING@", group, BOOKS], stdin=-3, stdout=-1, stderr=-3)
    open(BOOKS + "/bus", "w").write(str(bus.pid))
    bus.stdout.readline()
if verb == "list-units":
    print("\\n".join(f"{unit} loaded active running" for unit in active()))
elif verb == "resume":
    if "decnet-bus.service" in active():
        listen()
elif sys.argv[0].endswith("debconf-communicate"):
    open(BOOKS + "/debconf", "w").write(sys.stdin.read())
elif verb == "show":
    try:
        print(open(f"{BOOKS}/{units[0]}").read())
    except FileNotFoundError:
        print(4711 if units[0] in active() else 0)
else:
    open(BOOKS + "/calls", "a").write(f"{os.path.basename(sys.argv[0])} {' '.join(words)}\\n")
    if os.path.exists(BOOKS + "/policy") and "invoke" in sys.argv[0]:
        units = []
    for unit in units:
        if verb in ("stop", "start", "restart"):
            open(f"{BOOKS}/{unit}", "w").write("0" if verb == "stop" else str(os.getpid()))
        if verb == "stop":
            keep([other for other in active() if other != unit])
        if verb in ("start", "restart"):
            known = [] if unit == "decnet.target" else [unit]
            keep(sorted({*active(), *known}))
            if "decnet-bus.service" in known:
                listen()
"""
_ENTER = """
set -e
root=$1; shift
mount -t tmpfs -o mode=0755 tmpfs /mnt
while [ "$1" != -- ]; do
  mkdir -p "/mnt$1.upper" "/mnt$1.work"
  mount -t overlay -o "lowerdir=$1,upperdir=/mnt$1.upper,workdir=/mnt$1.work" overlay "$1"
  chmod o+x "$1"
  shift
done
shift
mount --bind "$root/run" /run
for folder in etc var/lib var/log; do mount --bind "$root/$folder" "/$folder"; done
export PATH="$root/programs:$PATH"
rm -f /run/books/bus
systemctl resume
"$@"
"""


@dataclass(frozen=True)
class Machine:
    """A running system; every command is a visit to it."""

    image: Image

    def run(self, *arguments: str, code: int | None = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``python -m decnet.install ARGUMENTS`` as root."""
        return self.call(sys.executable, "-I", "-B", "-m", "decnet.install", *arguments, code=code, **variables)

    def call(self, *command: str, code: int | None = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program on the machine; whatever it leaves running ends with it."""
        spaces = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")
        done = subprocess.run(
            (*spaces, "/bin/sh", "-c", _ENTER, "sh", str(self.image.root), *_closed(), "--", *command),
            cwd=ROOT,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert code is None or done.returncode == code, (done.returncode, done.stderr)
        return done

    @property
    def books(self) -> Path:
        """The folder in which the systemd of this machine keeps its books."""
        return self.image.root / "run/books"

    def calls(self) -> list[str]:
        """Return what systemd was told since the last time."""
        path = self.books / "calls"
        found = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return found

    def runs(self, *names: str) -> None:
        """Let these services run, and no other."""
        units = "".join(f"decnet-{name}.service\n" for name in names)
        (self.books / "active").write_text(units, encoding="utf-8")


def machine(root: Path, *, packaged: bool = True) -> Machine:
    """Make a machine on which decnet was never configured and nothing runs."""
    made = Machine(image(root, packaged=packaged))
    for folder in ("run/systemd/system", "run/books", "programs"):
        (root / folder).mkdir(parents=True)
    answering = ROOT / "tests/support/answering.py"
    program = _SYSTEMCTL.replace("@PYTHON@", sys.executable).replace("@ANSWERING@", str(answering))
    for name in ("systemctl", "deb-systemd-invoke", "debconf-communicate"):
        path = root / "programs" / name
        path.write_text(program, encoding="utf-8")
        path.chmod(0o755)
    return made


def _closed() -> list[str]:
    """Return the folders that keep other accounts away from our interpreter: a machine lets them in."""
    ways = [Path(sys.executable), Path(sys.executable).resolve(), ROOT / "decnet"]
    folders = {folder for way in ways for folder in way.parents if not folder.stat().st_mode & stat.S_IXOTH}
    return sorted(map(str, folders))


def decnet_command(found: Machine, *arguments: str, before: tuple[str, ...] = (), code: int = 0) -> str:
    """Run ``decnet ARGUMENTS`` as root, as an operator does; return what it said."""
    done = found.call(*before, sys.executable, "-I", "-B", "-c", _DECNET, *arguments, code=code, **environment())
    return done.stdout + done.stderr


def keys_of(found: Machine) -> None:
    """Make the keys of the host, which are root's."""
    program = "from pathlib import Path; from decnet.store import keys; keys.create(Path('/var/lib/decnet-package/secrets'))"
    found.call(sys.executable, "-I", "-B", "-c", program)
