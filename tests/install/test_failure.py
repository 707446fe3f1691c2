# SPDX-License-Identifier: MIT
"""The exit codes of the configurator mean what scripts expect, whoever raised the error."""

import os

import pytest

from decnet.errors import ConfigError, HostError
from decnet.install.failure import BusyError, HalfAppliedError, InvalidError, MigrationFailedError, translated


def test_codes_are_those_that_scripts_know() -> None:
    kinds = (InvalidError, MigrationFailedError, HalfAppliedError, BusyError)
    assert [kind.exit_code for kind in kinds] == [1, 2, 3, 75]


@pytest.mark.parametrize("error", [HostError("x", remedy="y"), ConfigError("x", remedy="y"), OSError(13, "x")])
def test_other_errors_are_invalid_input(error: Exception) -> None:
    with pytest.raises(InvalidError, match="x") as raised, translated():
        raise error
    assert raised.value.remedy


@pytest.mark.parametrize(("account", "remedy"), [(0, "decnet doctor"), (1000, "run it with sudo")])
def test_who_is_not_root_is_told_to_be(account: int, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: account)
    with pytest.raises(InvalidError) as raised, translated():
        raise PermissionError(13, "Permission denied", "decnet-package")
    assert raised.value.remedy == remedy


@pytest.mark.parametrize("kind", [BusyError, HalfAppliedError, MigrationFailedError])
def test_own_errors_stay_what_they_are(kind: type[InvalidError]) -> None:
    with pytest.raises(kind), translated():
        raise kind("x")
