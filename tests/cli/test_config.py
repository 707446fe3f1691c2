# SPDX-License-Identifier: MIT
"""``decnet config``."""

import json
from pathlib import Path

import pytest

from decnet.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DECNET_CONFIG", str(tmp_path))
    return tmp_path


def test_check_names_the_files_it_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check"]) == 0
    assert f"no file in {folder}" in capsys.readouterr().out
    (folder / "config.ini").write_text("[log]\nlevel = debug\n")
    assert main(["config", "check"]) == 0
    assert f"{folder}/config.ini" in capsys.readouterr().out


def test_show_tells_value_and_origin(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (folder / "config.ini").write_text("[log]\nlevel = debug\n")
    assert main(["config", "show", "--origin", "--format", "json"]) == 0
    rows = {(row["section"], row["key"]): row for row in map(json.loads, capfdbinary.readouterr().out.splitlines())}
    assert rows["log", "level"]["value"] == "debug"
    assert rows["log", "level"]["origin"] == f"{folder}/config.ini"
    assert rows["bus", "transport"]["origin"] == "default"


def test_example_is_a_valid_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "example"]) == 0
    (folder / "config.ini").write_text(capsys.readouterr().out)
    assert main(["config", "check"]) == 0
