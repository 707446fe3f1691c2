# SPDX-License-Identifier: MIT
"""Words of the command line become values of package.conf, or an error with the right code."""

from argparse import Namespace
from pathlib import Path

import pytest

from decnet.install import arguments
from decnet.install.failure import InvalidError
from tests.support.images import Image, image


def options(*words: str) -> Namespace:
    """Return the options of a command line."""
    parser = arguments.Parser()
    arguments.declare(parser)
    return parser.parse_args(words)


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a system on which decnet was never configured."""
    return image(tmp_path / "root")


def test_flags_and_pairs_mean_the_same() -> None:
    by_flag = arguments.asked_for(options("set", "--user", "honey", "--web-listen", "[::]:1"))
    assert by_flag == arguments.asked_for(options("set", "DECNET_USER=honey", "--web-listen", "[::]:1"))


@pytest.mark.parametrize("word", ["group=x", "DECNET_GROUP", "DECNET_GROUP=x; rm -rf /"])
def test_word_that_is_no_pair_is_refused(word: str) -> None:
    with pytest.raises(InvalidError, match="not KEY=VALUE"):
        arguments.asked_for(options("set", word))


@pytest.mark.root
@pytest.mark.parametrize(
    "words", [("--group", "x; rm -rf /"), ("--user", "root"), ("--role", "king"), ("--docker", "perhaps"), ("UNKNOWN_KEY=1",)]
)
def test_value_that_is_not_allowed_is_in_no_file(root: Image, words: tuple[str, ...]) -> None:
    before = root.everything()
    root.run("set", *words, code=1)
    assert {path for path in root.everything() if path not in before} <= {"run/decnet-configure.lock"}


@pytest.mark.root
def test_set_without_a_value_and_unknown_verbs_are_invalid(root: Image) -> None:
    root.run("set", code=1)
    root.run("explode", code=1)


@pytest.mark.root
def test_diff_says_by_its_code_whether_something_would_change(root: Image) -> None:
    before = root.everything()
    shown = root.run("diff", code=4)
    assert "make    user decnet" in shown.stdout
    assert shown.stderr == ""
    assert root.run("set", "--group", "secops", "--dry-run", code=4).stdout != shown.stdout
    assert root.everything() == before
    root.run("apply")
    assert root.run("diff").stdout == ""


@pytest.mark.root
def test_check_writes_nothing(root: Image) -> None:
    before = root.everything()
    root.run("check")
    assert root.everything() == before


@pytest.mark.root
def test_without_a_verb_values_and_yes_are_enough(root: Image) -> None:
    root.run("--group", "secops", "--yes")
    assert root.owners("run/decnet") == ("decnet", "secops")


@pytest.mark.root
def test_without_a_verb_and_a_terminal_nothing_is_asked_or_done(root: Image) -> None:
    assert "no terminal" in root.run(code=1).stderr


@pytest.mark.root
@pytest.mark.parametrize(
    "words",
    [
        ("rollback", "--dry-run"),
        ("gate", "--dry-run"),
        ("unrender", "--dry-run"),
        ("unrender", "--purge", "--purge-evidence", "--yes", "--dry-run"),
        ("rollback", "DECNET_GROUP=adm"),
        ("gate", "DECNET_GROUP=adm"),
        ("unrender", "--group", "adm"),
        ("apply", "--purge"),
        ("set", "DECNET_GROUP=adm", "--purge"),
        ("diff", "--purge"),
        ("--user", "honey", "--yes", "--purge"),
        ("apply", "--purge-evidence"),
        ("unrender", "--purge-evidence", "--yes"),
    ],
)
def test_what_a_verb_would_not_heed_is_refused_before_anything_is_done(root: Image, words: tuple[str, ...]) -> None:
    root.run("apply")
    root.run("apply", "DECNET_GROUP=secops")
    before = root.everything()
    done = root.run(*words, code=1)
    assert "nothing was done" in done.stderr
    assert root.everything() == before


@pytest.mark.root
@pytest.mark.parametrize("verb", ["apply", "check", "diff"])
def test_verbs_that_can_show_first_take_the_option_and_change_nothing(root: Image, verb: str) -> None:
    before = root.everything()
    root.run(verb, "--dry-run", code=0 if verb == "check" else 4)
    assert root.everything() == before


@pytest.mark.root
def test_evidence_goes_only_where_that_was_said_twice(root: Image) -> None:
    root.run("apply")
    (root.root / "var/lib/decnet/store/decnet.db").touch()
    refused = root.run("unrender", "--purge", "--purge-evidence", code=1)
    assert "cannot come back" in refused.stderr
    assert (root.root / "var/lib/decnet/store/decnet.db").exists()
    root.run("unrender", "--purge", "--purge-evidence", "--yes")
    assert not (root.root / "var/lib/decnet").exists()


@pytest.mark.root
def test_what_mends_an_image_is_never_a_command_for_this_host(tmp_path: Path) -> None:
    root = image(tmp_path / "a root")
    named = f"decnet configure --root '{root.root}'"
    assert f"{named} diff" in root.run("rollback", code=1).stderr
    assert f"{named} set DECNET_GROUP=VALUE" in root.run("set", "DECNET_GROUP=Adm", code=1).stderr
    (root.root / "etc/decnet").mkdir()
    (root.root / "etc/decnet/package.conf").symlink_to("elsewhere")
    assert f"ls -l '{root.root}/etc/decnet/package.conf'" in root.run("apply", code=1).stderr


@pytest.mark.root
def test_image_without_the_package_is_told_so(tmp_path: Path) -> None:
    root = image(tmp_path / "root", packaged=False)
    before = root.everything()
    done = root.run("apply", code=1)
    assert "no decnet is installed in this image" in done.stderr
    assert f"decnet init --prefix {root.root}" in done.stderr
    assert root.everything() == before
