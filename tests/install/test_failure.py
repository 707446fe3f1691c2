# SPDX-License-Identifier: MIT
"""The exit codes of the configurator mean what scripts expect, whoever raised the error."""

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


@pytest.mark.parametrize(("uid", "mended"), [(1000, "run it with sudo"), (0, "decnet doctor")])
def test_who_may_not_read_something_is_sent_to_root_and_root_to_the_doctor(
    uid: int, mended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: uid)
    with pytest.raises(InvalidError, match="/x: no") as raised, translated():
        raise PermissionError(13, "no", "/x")
    assert raised.value.remedy == mended


@pytest.mark.parametrize("kind", [BusyError, HalfAppliedError, MigrationFailedError])
def test_own_errors_stay_what_they_are(kind: type[InvalidError]) -> None:
    with pytest.raises(kind), translated():
        raise kind("x")
