# SPDX-License-Identifier: MIT
"""The configurator, the services, the templates and the maintainer scripts mean the same folders."""

import re
from pathlib import Path

import pytest

from decnet import paths
from decnet.install import layout
from tests.support.sources import ROOT

SOURCES = sorted((*(ROOT / "debian").glob("decnet.p*"), ROOT / "debian/decnet.config", *(ROOT / "deploy/templates").iterdir()))
PATH = re.compile(r"(?<![\w}])/(?:etc|run|var/lib|var/log|usr/lib)/[\w./-]*decnet[\w./*-]*")


def test_folders_are_those_of_the_services() -> None:
    assert Path(layout.DATA) == paths.SYSTEM.data
    assert Path(layout.LOGS) == paths.SYSTEM.logs
    assert Path(layout.RUNTIME) == paths.SYSTEM.runtime
    assert Path(layout.HANDOVER) == paths.SYSTEM.handover
    assert Path(layout.STORE) == paths.SYSTEM.store.parent
    assert Path(layout.BUS_SOCKET) == paths.SYSTEM.bus_socket
    assert Path(layout.ETC) == paths.SYSTEM_CONFIG
    assert Path(layout.STATE) == paths.SYSTEM.secrets.parent


def known() -> set[str]:
    """Return every path of the layout."""
    return {value for value in vars(layout).values() if isinstance(value, str) and value.startswith("/")}


def test_pattern_finds_the_paths_of_scripts() -> None:
    text = "GATE=/run/decnet-upgrade.lock\nrm -f /run/decnet-*.lock # /opt/decnet and {{ x }}/run/decnet stay out"
    assert PATH.findall(text) == ["/run/decnet-upgrade.lock", "/run/decnet-*.lock"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_scripts_and_templates_name_no_path_that_is_not_in_the_layout(path: Path) -> None:
    for found in PATH.findall(path.read_text(encoding="utf-8")):
        if "*" in found:
            assert any(re.fullmatch(found.replace("*", ".*"), name) for name in known()) or any(
                found.startswith(f"{name}/") for name in known()
            ), found
        else:
            assert found in known(), found


def test_both_purges_keep_the_same() -> None:
    text = (ROOT / "debian/decnet.postrm").read_text(encoding="utf-8")
    kept = [frozenset(words.split(" | ")) for words in re.findall(r"^\s+(\w+(?: \| \w+)+)\)", text, re.MULTILINE)]
    assert layout.EVIDENCE in kept
    for folder in (layout.SECRETS, layout.BACKUPS):
        assert re.search(rf"^\s+{Path(folder).name}\) ", text, re.MULTILINE)


def test_what_the_gate_and_the_stamp_are_called_every_script_knows() -> None:
    scripts = {name: (ROOT / f"debian/decnet.{name}").read_text(encoding="utf-8") for name in ("preinst", "postinst", "postrm")}
    assert all(layout.GATE in scripts[name] for name in ("postinst", "postrm"))
    assert f"STAMP={layout.STAMP}\n" in scripts["preinst"]
    assert f"CONF={layout.PACKAGE_CONF}\n" in scripts["preinst"]
    assert f"STATE={layout.DATA}\n" in scripts["postrm"]
    assert f"OWN={layout.STATE}\n" in scripts["postrm"]
