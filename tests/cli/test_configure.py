# SPDX-License-Identifier: MIT
"""``decnet configure`` is the configurator, whatever the configuration says."""

from pathlib import Path

import pytest

from decnet.cli.main import main
from tests.support.images import image


@pytest.mark.root
def test_wrong_configuration_does_not_keep_from_configuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.ini").write_text("[nonsense]\n", encoding="utf-8")
    monkeypatch.setenv("DECNET_CONFIG", str(tmp_path))
    root = image(tmp_path / "root").root
    assert main(["configure", "diff", "--root", str(root)]) == 4
    assert "make    user decnet" in capsys.readouterr().out


def test_errors_have_the_codes_of_the_configurator(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configure", "check", "--root", "relative"]) == 1
    assert "absolute path" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("frob",), ("check", "--user", "-x"), ("check", "--nonsense")])
def test_mistakes_in_the_arguments_are_not_taken_for_a_failed_migration(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["configure", *words])
    assert ended.value.code == 1
    assert "decnet configure: " in capsys.readouterr().err


@pytest.mark.root
def test_options_may_stand_between_the_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = image(tmp_path / "root").root
    assert main(["configure", "diff", "--user", "honey", "DECNET_GROUP=secops", "--root", str(root)]) == 4
    assert "make    member honey secops" in capsys.readouterr().out
