# SPDX-License-Identifier: MIT
"""What stands below deploy/ because it is made: units, rules, manual pages and completions of the default identity."""

from argparse import Namespace
from contextlib import redirect_stdout
from io import StringIO
from pathlib import PurePosixPath

from decnet.cli.completion import COMMAND
from decnet.config.model import Config
from decnet.install.identity import Identity
from decnet.install.render import RenderedFile, rendered, vendor
from decnet.paths import SYSTEM
from scripts.lib.manual import pages

FOLDERS = {
    "/usr/lib/systemd/system/": "systemd",
    "/usr/lib/systemd/system-preset/": "presets",
    "/usr/lib/sysusers.d/": "sysusers",
    "/usr/lib/tmpfiles.d/": "tmpfiles",
    "/etc/polkit-1/rules.d/": "polkit",
    "/etc/logrotate.d/": "logrotate",
}
"""Where a file of an installation stands below deploy/, so that people can read it and packages can ship it."""


def deployed() -> dict[str, str]:
    """Return every made file by its path below deploy/."""
    by_path = {file.path: file for file in (*rendered(Identity(), complete=False), *vendor()) if not file.link}
    made = {place(file): file.text for file in by_path.values() if place(file)}
    made.update({f"man/{name}": text for name, text in pages().items()})
    made.update({"completions/decnet.bash": completion("bash"), "completions/_decnet": completion("zsh")})
    return made


def place(file: RenderedFile) -> str:
    """Return where a file stands below deploy/; empty where only a host of another identity has it."""
    for folder, name in FOLDERS.items():
        if str(file.path).startswith(folder):
            return f"{name}/{file.path.relative_to(PurePosixPath(folder))}"
    return ""


def completion(shell: str) -> str:
    """Return the completion of a shell, with its licence below the line that a shell reads first."""
    output = StringIO()
    with redirect_stdout(output):
        COMMAND.run(Namespace(shell=shell), Config(paths=SYSTEM))
    first, _, rest = output.getvalue().partition("\n")
    licence = "# SPDX-License-Identifier: " + "MIT"
    return f"{first}\n{licence}\n{rest}" if first.startswith("#") else f"{licence}\n{first}\n{rest}"
