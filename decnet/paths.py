# SPDX-License-Identifier: MIT
"""
Where decnet keeps its files.

An installation uses the folders of the file system hierarchy; a checkout, recognised by the ``setup.cfg`` beside the
package, uses those of the XDG base directory specification, so that an ordinary user can run everything. A checkout whose
programs are what the units of this host start (``decnet init``) is an installation. The configuration's ``[paths]`` stands
above all. This module needs the standard library only, so that the configurator runs where nothing else does.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

PACKAGE = Path(__file__).resolve().parent
IS_CHECKOUT = (PACKAGE.parent / "setup.cfg").is_file()
UNIT = Path("/etc/systemd/system/decnet-bus.service")
"""The unit that ``decnet init`` writes on a host of any role; it goes when the installation goes."""
TEMPLATES = PACKAGE.parent / "deploy" / "templates" if IS_CHECKOUT else Path(sys.prefix) / "share" / "decnet" / "templates"
"""What units and rules are rendered from."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The folders that everything else is placed in: the configuration's section ``[paths]``."""

    runtime: Annotated[Path, "sockets and state that does not outlive a boot"]
    data: Annotated[Path, "spool, store, blobs"]
    logs: Annotated[Path, "one log file for each service"]
    secrets: Annotated[Path, "keys, each a file of mode 0600"]

    @property
    def bus_socket(self) -> Path:
        """The socket of the bus."""
        return self.runtime / "bus.sock"

    @property
    def api_socket(self) -> Path:
        """The socket of the API."""
        return self.runtime / "api.sock"

    @property
    def handover(self) -> Path:
        """The folder of the hand-over socket, beside the runtime folder, which the decoys service cannot enter."""
        return self.runtime.with_name(f"{self.runtime.name}-handover")

    @property
    def handover_socket(self) -> Path:
        """The agent's socket on which the decoys service is handed its listening sockets."""
        return self.handover / "agent.sock"

    @property
    def agent_lock(self) -> Path:
        """What the agent that runs holds, out of reach of the decoys service."""
        return self.runtime / "agent.lock"

    @property
    def spool(self) -> Path:
        """The folder of all spools: ``<host>/<writer>/<first sequence>.jsonl``."""
        return self.data / "spool"

    @property
    def store(self) -> Path:
        """The SQLite database."""
        return self.data / "store" / "decnet.db"

    @property
    def blobs(self) -> Path:
        """The content-addressed folder of captured files and recordings."""
        return self.data / "blobs"

    @property
    def agent(self) -> Path:
        """The agent's own folder: what it was asked for and what it made."""
        return self.data / "agent"

    @property
    def web(self) -> Path:
        """The dashboard's own folder."""
        return self.data / "web"

    @property
    def certificate(self) -> Path:
        """The key and the certificate that the dashboard makes for itself."""
        return self.web / "dashboard.pem"

    def log(self, service: str) -> Path:
        """Return the log file of one service."""
        return self.logs / f"decnet.{service}.log"


SYSTEM_CONFIG = Path("/etc/decnet")
SYSTEM = Layout(
    runtime=Path("/run/decnet"),
    data=Path("/var/lib/decnet"),
    logs=Path("/var/log/decnet"),
    secrets=Path("/var/lib/decnet-package/secrets"),
)


def is_installed(unit: Path = UNIT, venv: str = sys.prefix) -> bool:
    """Say whether this host is run by a virtual environment, which is ours where none is named."""
    try:
        text = unit.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    found = re.search(r"^ExecStart=(/\S*)/bin/decnet bus$", text, re.MULTILINE)
    return found is not None and Path(found[1]).resolve() == Path(venv).resolve()


def of_user(environment: Mapping[str, str]) -> Layout:
    """Return the folders of the user whose environment this is; without a runtime folder, ``run`` in the data folder."""
    home = _home(environment)
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local/share") / "decnet"
    runtime = environment.get("XDG_RUNTIME_DIR")
    return Layout(
        runtime=Path(runtime) / "decnet" if runtime else data / "run",
        data=data,
        logs=Path(environment.get("XDG_STATE_HOME") or home / ".local/state") / "decnet",
        secrets=data / "secrets",
    )


def config_folder_of_user(environment: Mapping[str, str]) -> Path:
    """Return the folder of the user's configuration."""
    return Path(environment.get("XDG_CONFIG_HOME") or _home(environment) / ".config") / "decnet"


def _home(environment: Mapping[str, str]) -> Path:
    """Return the user's home; the account's where the environment names none."""
    return Path(environment.get("HOME") or Path.home())
