# SPDX-License-Identifier: MIT
"""Upgrades of packages that end in the middle, as by a power cut."""

from scripts.lib.lab.machine import Machine

# the script's parent is dpkg
_DIES = """\
if [ "$1" = upgrade ] && [ ! -e /srv/{name}.died ]; then
	touch /srv/{name}.died
	kill -9 $PPID
fi
"""


def let_die(machine: Machine, package: str, script: str) -> None:
    """
    Have a script of the installed version end dpkg, once, when another one is about to take its place.

    ``prerm`` is called before anything is unpacked, ``postrm`` when the new files are there and the old ones not yet gone.
    """
    name = f"{package}.{script}"
    path = f"/var/lib/dpkg/info/{name}"
    if machine.run(["test", "-e", path], check=False).returncode:
        machine.put(path, "#!/bin/sh\n", mode=0o755)
    machine.put("/srv/dies", _DIES.format(name=name))
    machine.run(["sed", "-i", "1r /srv/dies", path])
    machine.run(["rm", "/srv/dies"])
