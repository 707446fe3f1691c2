# SPDX-License-Identifier: MIT
"""What is wrong with an operator's text is said with its place and a suggestion."""

from decnet.domain.problem import MOST, Problem, refuse, unknown
from decnet.errors import PlanError


def test_problem_names_file_line_and_section() -> None:
    problem = Problem(source="fleet.ini", line=7, section="decoy web", message="no")
    assert str(problem) == "fleet.ini:7: [decoy web]: no"


def test_problem_without_a_line_names_the_file_alone() -> None:
    assert str(Problem(source="command line", message="no")) == "command line: no"


def test_unknown_suggests_the_nearest_name() -> None:
    assert unknown("lure", "redsi", ["ssh", "redis"]) == "there is no lure 'redsi'; did you mean 'redis'?"


def test_unknown_lists_everything_where_nothing_is_near() -> None:
    assert unknown("lure", "smtp", ["ssh", "redis"]) == "there is no lure 'smtp'; there is: ssh, redis"


def test_refuse_names_every_problem_on_its_own_line() -> None:
    error = refuse("fleet.ini", [Problem(source="a", message="x"), Problem(source="b", message="y")], remedy="mend it")
    assert isinstance(error, PlanError)
    assert error.message.splitlines() == ["fleet.ini has 2 problems; nothing was changed:", "  a: x", "  b: y"]
    assert error.remedy == "mend it"


def test_refuse_counts_what_nobody_would_read() -> None:
    """A fleet that the API is sent may have a hundred thousand mistakes."""
    problems = [Problem(source="a", message=str(number)) for number in range(MOST + 7)]
    lines = refuse("fleet.ini", problems, remedy="").message.splitlines()
    assert lines[0] == f"fleet.ini has {MOST + 7} problems; nothing was changed:"
    assert lines[-2:] == [f"  a: {MOST - 1}", "  and 7 more"]
