# SPDX-License-Identifier: MIT
"""A log tells what went wrong and where, and no word of what an attacker sent."""

import ast
import errno
import sys
from collections.abc import Callable

import pytest

from decnet.errors import HostError
from decnet.failure import messages, named, told
from tests.support.sources import modules

PLANTED = "hunter2-from-the-attacker"


class PlantedError(Exception):
    """An error that shows what it holds in every way there is."""

    def __init__(self, held: str) -> None:
        super().__init__(held)
        self.add_note(held)

    def __repr__(self) -> str:
        return PLANTED


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """Return an error that was raised, with its frames."""
    try:
        raise error from cause  # noqa: TRY301 - it has to have frames
    except BaseException as caught:  # noqa: BLE001 - whatever the test wants to see told
        return caught


def while_handling(first: BaseException, second: BaseException) -> BaseException:
    """Return an error that was raised while another one was handled."""
    try:
        try:
            raise first
        except type(first):
            raise second  # noqa: B904 - the test is about that
    except type(second) as caught:
        return caught


def group_of(*errors: Exception) -> ExceptionGroup[Exception]:
    return ExceptionGroup(PLANTED, errors)


CASES: dict[str, Callable[[], BaseException]] = {
    "message": lambda: raised(KeyError(PLANTED)),
    "notes and repr": lambda: raised(PlantedError(PLANTED)),
    "cause": lambda: raised(ValueError("x"), raised(KeyError(PLANTED))),
    "context": lambda: while_handling(KeyError(PLANTED), ValueError("x")),
    "group": lambda: raised(group_of(ValueError("x"), raised(group_of(KeyError(PLANTED))))),  # type: ignore[arg-type]  # it is one
    "cause in a group": lambda: raised(group_of(raised(ValueError("x"), KeyError(PLANTED)))),  # type: ignore[arg-type]  # it is one
    "file name": lambda: raised(FileNotFoundError(errno.ENOENT, "No such file", PLANTED)),
    "words of an OSError": lambda: raised(OSError(errno.EIO, PLANTED)),
    "OSError without a number": lambda: raised(OSError(PLANTED)),
    "OSError with a wrong number": lambda: raised(OSError([PLANTED], PLANTED)),
    "number that is text": lambda: raised(OSError(PLANTED, PLANTED)),
    "undecodable bytes": lambda: raised(UnicodeDecodeError("utf-8", PLANTED.encode(), 0, 1, PLANTED)),
    "source of a syntax error": lambda: raised(SyntaxError(PLANTED, (PLANTED, 1, 1, PLANTED))),
    "exit": lambda: raised(SystemExit(PLANTED)),
    "cause of ours": lambda: raised(HostError("the disk is gone"), KeyError(PLANTED)),
}


@pytest.mark.parametrize("case", CASES)
def test_log_tells_the_types_and_frames_and_nothing_that_was_sent(case: str) -> None:
    error = CASES[case]()
    assert PLANTED not in told(error)
    assert PLANTED not in named(error)
    assert type(error).__qualname__ in told(error)
    function = "while_handling" if case == "context" else "raised"
    assert f'File "{__file__}", line ' in told(error)
    assert f", in {function}" in told(error)
    assert PLANTED in messages(error), "the evidence tells what the log must not"


def test_chains_and_groups_are_told_in_their_order() -> None:
    error = raised(group_of(raised(ValueError("x"), KeyError("y")), TypeError("z")))  # type: ignore[arg-type]  # it is one
    lines = [line for line in told(error).splitlines() if "File" not in line]
    assert lines == ["ExceptionGroup", "  in the group: ValueError", "  caused by KeyError", "  in the group: TypeError"]
    assert messages(error).splitlines()[1:] == [
        "in the group: ValueError: x",
        "caused by KeyError: 'y'",
        "in the group: TypeError: z",
    ]


def test_our_own_words_and_those_of_the_system_are_told() -> None:
    assert named(HostError("the disk is gone", remedy="buy one")) == "decnet.errors.HostError: the disk is gone"
    assert named(FileNotFoundError(errno.ENOENT, "whatever", "/x")) == "FileNotFoundError: [ENOENT] No such file or directory"


def test_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("a"), KeyError("b")
    first.__cause__, second.__cause__ = second, first
    assert told(first).splitlines() == ["ValueError", "caused by KeyError"]


def test_very_many_exceptions_and_frames_are_bounded() -> None:
    many = told(group_of(*(ValueError(str(number)) for number in range(10_000))))
    assert many.count("\n") < 100

    def dive(depth: int) -> None:
        if depth:
            dive(depth - 1)
        raise ValueError(PLANTED)

    with pytest.raises(RecursionError) as deep:
        dive(sys.getrecursionlimit() + 1)
    lines = told(deep.value).splitlines()
    assert len(lines) < 200
    assert any(line.endswith("frames)") for line in lines)
    assert lines[-1].endswith("dive")


def test_error_that_cannot_say_anything_is_told_all_the_same() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError(PLANTED)

    assert named(MuteError()).endswith("MuteError")
    assert "MuteError" in messages(MuteError())


def test_what_talks_to_attackers_raises_no_error_of_ours() -> None:
    """The log shows their messages; one module has one for what the operator wrote, one says always the same."""
    raising = {
        module.path.as_posix()
        for module in modules("decnet")
        if module.path.parts[1] == "lures"
        for name in {
            alias.asname or alias.name
            for node in module.nodes
            if isinstance(node, ast.ImportFrom) and node.module in ("decnet", "decnet.errors")
            for alias in node.names
        }
        for node in module.nodes
        if isinstance(node, ast.Raise) and node.exc is not None and name in ast.unparse(node.exc)
    }
    assert raising == {"decnet/lures/registry.py", "decnet/lures/lure.py"}
