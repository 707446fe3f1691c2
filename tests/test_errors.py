# SPDX-License-Identifier: MIT
"""Errors that operators see."""

from decnet.errors import ConfigError, DecnetError, StoreOutdatedError


def test_error_keeps_its_sentence_and_its_remedy() -> None:
    error = DecnetError("the disk is full", remedy="make room")
    assert (str(error), error.message, error.remedy) == ("the disk is full", "the disk is full", "make room")


def test_no_error_takes_an_exit_code_of_python_or_argparse() -> None:
    """But the configurator's own, which are a contract with maintainer scripts; those of tests are nobody's."""
    others = [error for error in DecnetError.__subclasses__() if not error.__module__.startswith("tests.")]
    assert all(error.exit_code > 2 for error in others if error.__module__ != "decnet.install.failure")


def test_errors_that_a_restart_cannot_mend_share_the_code_that_systemd_respects() -> None:
    assert ConfigError.exit_code == StoreOutdatedError.exit_code == 78
