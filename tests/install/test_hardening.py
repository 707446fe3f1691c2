# SPDX-License-Identifier: MIT
"""How units are locked in, and what may loosen that."""

import pytest

from decnet.catalog import SERVICES, Relaxation, Service
from decnet.errors import ConfigError
from decnet.install.hardening import TABLE, directives


def test_unit_without_relaxations_has_the_whole_table() -> None:
    assert tuple(directives()) == TABLE


def test_relaxation_changes_one_line_and_brings_its_reason() -> None:
    lines = tuple(directives((Relaxation("ProtectProc", "default", "it looks at others"),)))
    assert [line for line in lines if line not in TABLE] == [
        type(TABLE[0])("ProtectProc", "default", "it looks at others"),
    ]
    assert len(lines) == len(TABLE)


def test_last_line_of_a_directive_is_the_one_that_is_relaxed() -> None:
    lines = [line.value for line in directives((Relaxation("SystemCallFilter", "~@x", "it calls y"),)) if "Filter" in line.name]
    assert lines == ["@system-service", "~@x"]


def test_relaxation_of_what_no_unit_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="ProtectEverything"):
        tuple(directives((Relaxation("ProtectEverything", "no", "a mistake"),)))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_relaxation_has_a_reason_and_changes_something(service: Service) -> None:
    strict = {line.name: line.value for line in TABLE}
    for relaxation in service.relaxes:
        assert len(relaxation.reason.split()) > 3
        assert relaxation.value != strict[relaxation.directive]
