# SPDX-License-Identifier: MIT
"""
Where an installed host keeps what the configurator reads and writes; paths as the host itself sees them.

Templates and maintainer scripts, which cannot import this, name the same paths; a test compares them.
"""

PACKAGE_CONF = "/etc/decnet/package.conf"
CONFIG = "/etc/decnet/config.ini"
CONFIG_PARTS = "/etc/decnet/config.ini.d"
ETC = "/etc/decnet"
STAGED = "/etc/decnet/.staged"
DATA = "/var/lib/decnet"
STORE = "/var/lib/decnet/store"
LOGS = "/var/log/decnet"
RUNTIME = "/run/decnet"
HANDOVER = "/run/decnet-handover"
BUS_SOCKET = "/run/decnet/bus.sock"

STATE = "/var/lib/decnet-package"
MANIFEST = "/var/lib/decnet-package/manifest"
MANIFEST_NEXT = "/var/lib/decnet-package/manifest.next"
JOURNAL = "/var/lib/decnet-package/journal"
APPLIED = "/var/lib/decnet-package/applied"
PREVIOUS = "/var/lib/decnet-package/previous"
BACK = "/var/lib/decnet-package/previous.back"
SECRETS = "/var/lib/decnet-package/secrets"
BACKUPS = "/var/lib/decnet-package/backups"
STAMP = "/var/lib/decnet-package/schema.json"

EVIDENCE = frozenset({"store", "blobs", "spool"})
"""What is in the data folder and stays where nobody said that it may go."""

LOCK = "/run/decnet-configure.lock"
GATE = "/run/decnet-upgrade.lock"
PENDING = "/run/decnet-restart-pending"
INSTALLED = "/run/decnet-installed"
SAID = "/run/decnet-said"
SYSTEMD = "/run/systemd/system"

UNITS = "/etc/systemd/system"
VENDOR_UNITS = "/usr/lib/systemd/system"
SYSUSERS = "/etc/sysusers.d/decnet.conf"
TMPFILES = "/etc/tmpfiles.d/decnet.conf"
POLKIT = "/etc/polkit-1/rules.d/50-decnet-workers.rules"
LOGROTATE = "/etc/logrotate.d/decnet"
IDENTITY_PART = "/etc/decnet/config.ini.d/10-decnet-identity.ini"
