# SPDX-License-Identifier: MIT
"""The commands of the machine: the only list of them."""

from decnet.lures.shell.commands import (
    awk,
    builtins,
    download,
    encoding,
    files,
    find,
    listing,
    network,
    people,
    plumbing,
    printing,
    searching,
    sed,
    shells,
    software,
    system,
    tasks,
    text,
)

BUILTINS = {**builtins.BUILTINS, **printing.BUILTINS, **tasks.BUILTINS}
PROGRAMS = {
    **{name: builtins.BUILTINS[name] for name in ("[", "test", "pwd")},
    **awk.PROGRAMS,
    **download.PROGRAMS,
    **encoding.PROGRAMS,
    **files.PROGRAMS,
    **find.PROGRAMS,
    **listing.PROGRAMS,
    **network.PROGRAMS,
    **people.PROGRAMS,
    **plumbing.PROGRAMS,
    **printing.PROGRAMS,
    **searching.PROGRAMS,
    **sed.PROGRAMS,
    **shells.PROGRAMS,
    **software.PROGRAMS,
    **system.PROGRAMS,
    **tasks.PROGRAMS,
    **text.PROGRAMS,
}
