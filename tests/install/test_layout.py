# SPDX-License-Identifier: MIT
"""The configurator and the services mean the same folders."""

from pathlib import Path

from decnet import paths
from decnet.install import layout
from decnet.install.render import UPGRADE_GATE


def test_folders_are_those_of_the_services() -> None:
    assert Path(layout.DATA) == paths.SYSTEM.data
    assert Path(layout.LOGS) == paths.SYSTEM.logs
    assert Path(layout.RUNTIME) == paths.SYSTEM.runtime
    assert Path(layout.HANDOVER) == paths.SYSTEM.handover
    assert Path(layout.STORE) == paths.SYSTEM.store.parent
    assert Path(layout.BUS_SOCKET) == paths.SYSTEM.bus_socket
    assert Path(layout.ETC) == paths.SYSTEM_CONFIG
    assert Path(layout.STATE) == paths.SYSTEM.secrets.parent


def test_gate_is_the_one_that_the_units_look_for() -> None:
    assert str(UPGRADE_GATE) == layout.GATE
