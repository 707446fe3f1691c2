# SPDX-License-Identifier: MIT
"""
Make a virtual environment ready to be shipped: ``venv.py ENVIRONMENT HOME``.

ENVIRONMENT is where it was made, HOME where it will be. Afterwards nothing in it names the place where it was made, nothing
depends on the day, and only what runs decnet is left. Run it with the interpreter that the environment belongs to.
"""

import compileall
import shutil
import sys
from itertools import chain
from pathlib import Path
from py_compile import PycInvalidationMode

# what installs packages; on an installed host dpkg does that
INSTALLERS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth", "wheel")
# what an installer notes: where a package came from, and the sums of files that are compiled below
NOTES = ("RECORD", "direct_url.json", "INSTALLER", "REQUESTED")
PROGRAMS = ("python", "decnet")
# -I: neither the environment nor the working directory of whoever calls decides what root runs; -B: write nothing beside it
ISOLATED = "-IB"


def main(environment: Path, home: Path) -> int:
    """Clean, rewrite, compile."""
    packages = next(environment.glob("lib/python3.*/site-packages"))
    drop(environment, packages)
    interpreter(environment)
    settings(environment, home)
    program(environment / "bin/decnet", home)
    return 0 if compiled(environment, home) and is_clean(environment) else 1


def drop(environment: Path, packages: Path) -> None:
    """Take out what installs, what activates and what describes the installation."""
    unwanted = [packages / name for name in INSTALLERS]
    unwanted += chain.from_iterable(packages.glob(f"{name}-*.dist-info") for name in INSTALLERS)
    unwanted += chain.from_iterable(packages.glob(f"*.dist-info/{name}") for name in NOTES)
    # hidden in a package is what only the tools of its developers read
    unwanted += packages.glob("*/.*")
    unwanted += [path for path in (environment / "bin").iterdir() if path.name not in PROGRAMS]
    unwanted += [environment / "include", environment / "lib64", environment / ".gitignore", *environment.rglob("__pycache__")]
    for path in unwanted:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def interpreter(environment: Path) -> None:
    """Let ``bin/python`` be a link to the interpreter by its full name."""
    python = environment / "bin/python"
    python.unlink()
    python.symlink_to(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")


def settings(environment: Path, home: Path) -> None:
    """Write what tells the interpreter that it stands in an environment."""
    lines = ("home = /usr/bin", "include-system-site-packages = false", f"version = {sys.version.split()[0]}")
    (environment / "pyvenv.cfg").write_text("\n".join((*lines, f"command = python3 -m venv {home}", "")), encoding="utf-8")


def program(script: Path, home: Path) -> None:
    """Let a program run by the environment's interpreter, isolated from whoever calls it."""
    _, body = script.read_text(encoding="utf-8").split("\n", 1)
    script.write_text(f"#!{home}/bin/python {ISOLATED}\n{body}", encoding="utf-8")
    script.chmod(0o755)


def compiled(environment: Path, home: Path) -> bool:
    """Compile everything; the result holds for its source without a date, and names the place where it will be."""
    return bool(
        compileall.compile_dir(
            environment / "lib",
            quiet=1,
            stripdir=str(environment.resolve()),
            prependdir=str(home),
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
    )


def is_clean(environment: Path) -> bool:
    """Look for the place where it was made, in every byte, and set the modes of everything."""
    made_in = str(environment.resolve()).encode()
    clean = True
    for path in sorted(environment.rglob("*")):
        if path.is_symlink():
            continue
        runs = path.is_dir() or path.parent == environment / "bin"
        path.chmod(0o755 if runs else 0o644)
        if path.is_file() and made_in in path.read_bytes():
            print(f"{path} names the place where it was made", file=sys.stderr)
            clean = False
    return clean


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
