# SPDX-License-Identifier: MIT
"""Listings are those of vsftpd, letter by letter; the expected ones were read from 3.0.3 of Debian."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.ftp.listing import HALF_YEAR_SECONDS, Pattern, date, permissions, rows, wanted
from decnet.lures.ftp.place import Files
from decnet.lures.shell.filesystem import Filesystem, Tree, User
from decnet.lures.shell.node import folder

NOW = 1_795_436_000.0  # 23 November 2026, 12:13 UTC


@pytest.fixture
def files() -> Files:
    """Return a home with all kinds of names in it."""
    root = Filesystem(Tree(folder(NOW), now=lambda: NOW))
    for path in ("/home", "/home/me", "/home/me/d1", "/home/me/d1/sub"):
        root.mkdir(path)
    for path, content in {"big": b"x" * 3_000_000, "d1/f": b"hi\n", "old": b"", "sp ace": b"x\n", ".hidden": b""}.items():
        root.write(f"/home/me/{path}", content)
        root.utime(f"/home/me/{path}", NOW - 60)
    root.symlink("d1", "/home/me/lnk")
    root.utime("/home/me/old", 1_704_078_240)
    root.mkdir("/locked", 0o700)
    for path in ("/home/me", *(f"/home/me/{name}" for name in root.listdir("/home/me") if name != "lnk")):
        root.chown(path, 1001, 1001)
    return Files(root.bound(User(1001, 1001)), "/home/me")


def told(files: Files, argument: bytes, *, detailed: bool = True) -> list[str] | None:
    """Return the lines of a listing."""
    asked = wanted(files, argument)
    if asked is None:
        return None
    return [line.decode().removesuffix("\r\n") for line in rows(files, asked, detailed=detailed, now=NOW)]


def test_long_listing_is_that_of_vsftpd(files: Files) -> None:
    moment = time.strftime("%b %d %H:%M", time.gmtime(NOW - 60))
    now = time.strftime("%b %d %H:%M", time.gmtime(NOW))
    assert told(files, b"") == [
        f"-rw-r--r--    1 1001     1001      3000000 {moment} big",
        f"drwxr-xr-x    3 1001     1001         4096 {moment} d1".replace(moment, now),
        f"lrwxrwxrwx    1 0        0               2 {now} lnk -> d1",
        "-rw-r--r--    1 1001     1001            0 Jan 01  2024 old",
        f"-rw-r--r--    1 1001     1001            2 {moment} sp ace",
    ]


@pytest.mark.parametrize(
    ("argument", "names"),
    [
        (b"", "big d1 lnk old sp ace"),
        (b".", "big d1 lnk old sp ace"),
        (b"-a", ". .. .hidden big d1 lnk old sp ace"),
        (b"-r", "sp ace old lnk d1 big"),
        (b"-F", "big d1/ lnk old sp ace"),
        (b"d1", "d1/f d1/sub"),
        (b"d1/", "d1/f d1/sub"),
        (b"./d1", "./d1/f ./d1/sub"),
        (b"d1/*", "d1/f d1/sub"),
        (b"/home/me/d1", "/home/me/d1/f /home/me/d1/sub"),
        (b"~/d1", "/home/me/d1/f /home/me/d1/sub"),
        (b".*", ".hidden"),
        (b"../me/d1/f", "../me/d1/f"),
        (b"-a d*", "d1"),
        (b".h*", ".hidden"),
        (b"*l*", "lnk old"),
        (b"{old,big}", "big old"),
        (b"?ld", "old"),
        (b"nope", ""),
        (b"-l -a", ""),
        (b"/locked", "/locked"),
    ],
)
def test_names_are_those_of_vsftpd(files: Files, argument: bytes, names: str) -> None:
    lines = told(files, argument, detailed=b"-l" in argument)
    assert lines is not None
    assert " ".join(lines) == names


def test_order_is_that_of_bytes_and_dots_are_no_exception(files: Files) -> None:
    for name in (" lead", "\udcff", "\U0001f600", "\xe9"):
        files.filesystem.write(f"/home/me/{name}", b"")
    asked = wanted(files, b"-a")
    assert asked
    names = [line.removesuffix(b"\r\n") for line in rows(files, asked, detailed=False, now=NOW)]
    assert names == sorted(names)
    assert names[:2] == [b" lead", b"."]


def test_newest_comes_first_where_that_is_asked_for(files: Files) -> None:
    lines = told(files, b"-t", detailed=False)
    assert lines is not None
    assert lines[-1] == "old"


def test_l_makes_a_short_listing_a_long_one(files: Files) -> None:
    assert told(files, b"-l", detailed=False) == told(files, b"")


@pytest.mark.parametrize("argument", [b"nope/x*", b"/locked/", b"nope/"])
def test_folder_that_cannot_be_opened_is_none(files: Files, argument: bytes) -> None:
    assert told(files, argument) is None


def test_permissions_have_the_letter_of_every_kind() -> None:
    modes = (0o100644, 0o040755, 0o120777, 0o020600, 0o060660, 0o010644, 0o140755, 0o104755, 0o041777)
    assert [permissions(mode) for mode in modes] == [
        *("-rw-r--r--", "drwxr-xr-x", "lrwxrwxrwx", "crw-------", "brw-rw----", "prw-r--r--", "srwxr-xr-x"),
        *("-rwsr-xr-x", "drwxrwxrwt"),
    ]


def test_year_stands_for_the_hour_of_old_files_and_of_those_to_come() -> None:
    dates = [date(moment, NOW) for moment in (NOW, NOW - HALF_YEAR_SECONDS, NOW - HALF_YEAR_SECONDS - 1, NOW + 1)]
    assert [":" in shown for shown in dates] == [True, True, False, False]


@given(st.floats(allow_nan=False))
def test_every_time_has_a_date(moment: float) -> None:
    assert date(moment, NOW)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_every_pattern_can_be_compared(pattern: bytes, name: bytes) -> None:
    Pattern(pattern).passes(name)


def test_nasty_patterns_cost_no_time() -> None:
    began = time.monotonic()
    assert not Pattern(b"*a" * 1000 + b"b").passes(b"a" * 255)
    assert not Pattern(b"{a,b}" * 500).passes(b"c")
    assert not Pattern(b"{" * 2000).passes(b"c")
    assert time.monotonic() - began < 5


def test_stars_match_anything_and_letters_themselves() -> None:
    assert Pattern(b"*").passes(b"")
    assert Pattern(b"a*c?").passes(b"abbbcd")
    assert Pattern(b"*.{txt,csv}").passes(b"x.csv")
    assert not Pattern(b"a*c").passes(b"abcd")
