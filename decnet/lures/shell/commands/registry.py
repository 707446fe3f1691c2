# SPDX-License-Identifier: MIT
"""The commands of the machine: the only list of them."""

from decnet.lures.shell.commands import builtins, printing, text

BUILTINS = {**builtins.BUILTINS, **printing.BUILTINS}
PROGRAMS = {**printing.PROGRAMS, **text.PROGRAMS}
