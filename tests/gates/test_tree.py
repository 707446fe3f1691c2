# SPDX-License-Identifier: MIT
"""What lies where in the repository."""

import re
import stat
from fnmatch import fnmatch
from pathlib import Path

from tests.support.sources import ROOT, expect_none, files, modules, text

TOP_LEVEL = {
    *("debian", "rpm", "decnet", "deploy", "scripts", "tests", "docs"),
    *("setup.cfg", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "README.md", "HACKING.md", "LICENSE"),
    *(".ci", ".editorconfig", ".gitignore", ".reuse"),
}
DOCUMENT_KINDS = {"tutorial", "how-to", "reference", "explanation"}

# modules that have no test file of their own yet, a path a line; the list only gets shorter
WITHOUT_TEST = Path("tests/gates/without_test.txt")

# nothing here may stand in a file literally, so it is put together
REGISTRIES = [
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org"))
]
MACHINE_PATH = re.compile("|".join("/" + folder + "/" for folder in ("work", "farm", "root", "home/[a-z]+")))
HOMES_OF_DECOYS = ("decnet/lures", "decnet/archetypes", "tests")


def test_the_top_level_holds_only_what_the_tree_names() -> None:
    assert {path.parts[0] for path in files()} <= TOP_LEVEL


def test_documents_are_of_one_of_four_kinds() -> None:
    assert {path.parts[1] for path in files() if path.parts[0] == "docs"} <= DOCUMENT_KINDS


def test_every_module_has_its_test_file() -> None:
    """The test tree mirrors the source: no module joins those without a test, and one that has got its test leaves them."""
    paths = [module.path for module in modules("decnet") if module.path.name != "__init__.py"]
    without = {path.as_posix() for path in paths if not (ROOT / mirrored(path)).is_file()}
    listed = {line for line in text(WITHOUT_TEST).splitlines() if not line.startswith("#")}
    expect_none(sorted(without - listed), "write their tests")
    expect_none(sorted(listed - without), f"take these out of {WITHOUT_TEST}")


def mirrored(path: Path) -> Path:
    """Return where the tests of a module are."""
    return Path("tests", *path.parts[1:-1], f"test_{path.name}")


def test_no_file_names_a_registry() -> None:
    expect_none([str(path) for path in files() if any(host in text(path) for host in REGISTRIES)])


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    """Home folders are part of the trade of decoys; nowhere else."""
    named = [
        str(path) for path in files() if MACHINE_PATH.search(text(path)) and not path.as_posix().startswith(HOMES_OF_DECOYS)
    ]
    expect_none(named)


def test_every_file_says_its_licence() -> None:
    """By a line of its own, or by a pattern in .reuse/dep5 (whose asterisk crosses folders)."""
    patterns = [word for row in text(Path(".reuse/dep5")).splitlines() if row.startswith("Files:") for word in row.split()[1:]]
    line = "SPDX-License-Identifier: " + "MIT"
    silent = [path for path in files() if text(path) and line not in text(path)[:400] and not is_covered(path, patterns)]
    expect_none(silent)


def is_covered(path: Path, patterns: list[str]) -> bool:
    """Say whether a pattern stands for a path."""
    return any(fnmatch(path.as_posix(), pattern) for pattern in patterns)


def test_scripts_can_be_run_and_say_what_they_do() -> None:
    scripts = [path for path in files() if path.parts[0] in {"scripts", ".ci"} and path.suffix == "" and len(path.parts) == 2]
    assert scripts
    for path in scripts:
        assert (ROOT / path).stat().st_mode & stat.S_IXUSR, path
        assert text(path).startswith("#!/usr/bin/env bash\n# SPDX-License-Identifier: MIT\n#\n# "), path
        assert "\nset -euo pipefail\n" in text(path), path
