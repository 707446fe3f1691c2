# SPDX-License-Identifier: MIT
"""Names of folders, links, libraries and programs of the image."""

from decnet.lures.shell.text.table import rows

FOLDERS = {path: int(mode, 8) for mode, path in (row.split() for row in rows("folders"))}
LINKS = dict(row.split() for row in rows("links"))
PROGRAMS = rows("programs")
ADMIN_PROGRAMS = rows("admin-programs")
LIBRARIES = rows("libraries")
BEHIND_LURES = [tuple(row.split("|")) for row in rows("behind-lures-paths")]
DIAGNOSTICS = ("bash", "coreutils", "openssh-server", "procps", "apt")
