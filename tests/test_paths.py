# SPDX-License-Identifier: MIT
"""Where files go."""

from pathlib import Path, PurePosixPath

import pytest

from decnet.install.identity import Identity
from decnet.install.render import rendered
from decnet.paths import SYSTEM, TEMPLATES, config_folder_of_user, is_installed, of_user


def test_user_layout_follows_the_xdg_variables() -> None:
    environment = {
        "HOME": "/home/anna",
        "XDG_RUNTIME_DIR": "/run/user/7",
        "XDG_DATA_HOME": "/data",
        "XDG_STATE_HOME": "/state",
        "XDG_CONFIG_HOME": "/conf",
    }
    layout = of_user(environment)
    assert layout.bus_socket == Path("/run/user/7/decnet/bus.sock")
    assert layout.store == Path("/data/decnet/store/decnet.db")
    assert layout.log("bus") == Path("/state/decnet/decnet.bus.log")
    assert config_folder_of_user(environment) == Path("/conf/decnet")


def test_user_layout_falls_back_to_the_home_folder() -> None:
    """Without a runtime folder the sockets live under the data folder, never in a folder that everybody can write."""
    layout = of_user({"HOME": "/home/anna"})
    assert layout.runtime == Path("/home/anna/.local/share/decnet/run")
    assert layout.secrets == Path("/home/anna/.local/share/decnet/secrets")


def test_system_layout_keeps_secrets_where_no_service_writes() -> None:
    assert not SYSTEM.secrets.is_relative_to(SYSTEM.data)


def test_decoys_are_handed_their_sockets_beside_the_folder_that_they_cannot_enter() -> None:
    assert SYSTEM.handover_socket == Path("/run/decnet-handover/agent.sock")
    assert SYSTEM.agent_lock == Path("/run/decnet/agent.lock")
    mine = of_user({"HOME": "/home/x", "XDG_RUNTIME_DIR": "/run/user/7"})
    assert mine.handover == Path("/run/user/7/decnet-handover")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit of the bus as ``decnet init`` writes it for an environment in a folder of the test."""
    venv = PurePosixPath(tmp_path / "checkout" / ".venv")
    files = rendered(Identity(install_dir=venv.parent, venv_dir=venv), complete=True)
    path = tmp_path / "decnet-bus.service"
    path.write_text(next(file.text for file in files if file.path.name == path.name and not file.link))
    return path


def test_checkout_that_runs_this_host_is_an_installation(unit: Path) -> None:
    venv = unit.parent / "checkout" / ".venv"
    venv.mkdir(parents=True)
    assert is_installed(unit, str(venv))
    link = unit.parent / "link"
    link.symlink_to(venv)
    assert is_installed(unit, str(link))


def test_another_checkout_stays_its_user_s(unit: Path) -> None:
    assert not is_installed(unit, str(unit.parent / "other" / ".venv"))
    assert not is_installed(unit.with_name("missing"), str(unit.parent / "checkout" / ".venv"))


def test_templates_of_a_checkout_are_beside_it() -> None:
    assert (TEMPLATES / "service.j2").is_file()
