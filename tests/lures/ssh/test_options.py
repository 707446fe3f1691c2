# SPDX-License-Identifier: MIT
"""The options are what a fleet file may set, each with its description and its bounds."""

import dataclasses
import typing

import msgspec
import pytest

from decnet.lures.ssh.options import SshOptions


def test_every_option_is_described() -> None:
    hints = typing.get_type_hints(SshOptions, include_extras=True)
    for field in dataclasses.fields(SshOptions):
        [meta] = hints[field.name].__metadata__
        assert isinstance(meta, msgspec.Meta)
        assert meta.description


@pytest.mark.parametrize("options", [{"attempts": 0}, {"failure_seconds": -1}, {"login_seconds": 0}, {"accounts": "root"}])
def test_impossible_values_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, SshOptions)


def test_lists_become_tuples() -> None:
    assert msgspec.convert({"accounts": ["root:toor"]}, SshOptions).accounts == ("root:toor",)
