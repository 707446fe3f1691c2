# SPDX-License-Identifier: MIT
"""Points are printed when their step is done, each once."""

from decnet.install.checklist import Checklist, Point

POINTS = [
    Point(step="accounts", text="accounts", is_due=True),
    Point(step="files", text="units", is_due=True),
    Point(step="files", text="rule", is_due=False),
    Point(step="services", text="runs", is_due=True),
]


def test_points_of_a_step_are_done_or_were_right() -> None:
    said: list[str] = []
    listed = Checklist(list(POINTS), said.append)
    listed.done("accounts")
    listed.done("stop")
    listed.done("files")
    listed.rest()
    assert said == ["[ OK ] accounts", "[ OK ] units", "[SKIP] rule", "[SKIP] runs"]


def test_first_open_point_is_the_one_that_failed() -> None:
    said: list[str] = []
    listed = Checklist(list(POINTS), said.append)
    listed.done("accounts")
    listed.failed()
    assert said == ["[ OK ] accounts", "[FAIL] units"]


def test_plan_says_what_is_due() -> None:
    said: list[str] = []
    Checklist(list(POINTS), said.append).rest(planned=True)
    assert said == ["[PLAN] accounts", "[PLAN] units", "[SKIP] rule", "[PLAN] runs"]
