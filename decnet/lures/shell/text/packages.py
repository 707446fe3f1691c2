# SPDX-License-Identifier: MIT
"""The packages that dpkg knows: name, version, summary."""

from decnet.lures.shell.text.table import rows

PACKAGES = tuple((name, version, summary) for name, version, summary in (row.split("|") for row in rows("debian-11")))
