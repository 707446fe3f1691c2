# SPDX-License-Identifier: MIT
"""``scripts/lib/sbom.py``, ``copyrights.py`` and ``licences.py``: what an installation says it is made of."""

import json
from importlib.metadata import distribution
from pathlib import Path

import pytest

from scripts.lib import copyrights
from scripts.lib.licences import description
from scripts.lib.sbom import bill, canonical

TEXT = "Copyright 2020 Somebody\n\nDo what you like.\n"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with one package, whose wheel says what was compiled into it, and its wheel and lock beside it."""
    packages = tmp_path / "packages"
    info = packages / "some_thing-1.5.dist-info"
    (info / "licenses").mkdir(parents=True)
    (info / "sboms").mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: Some-Thing\nVersion: 1.5\nLicense-Expression: MIT OR Apache-2.0\nLicense-File: LICENSE\n"
    )
    (info / "licenses/LICENSE").write_text(TEXT)
    part = {"type": "library", "bom-ref": "path+file:///somewhere", "name": "zlib", "version": "1.3", "properties": []}
    (info / "sboms/parts.json").write_text(json.dumps({"components": [part]}))
    (packages / "some_thing").mkdir()
    (tmp_path / "some_thing-1.5-py3-none-any.whl").write_bytes(b"")
    (tmp_path / "lock").write_text("some-thing==1.5 \\\n    --hash=sha256:00\n")
    return packages


def test_a_bill_names_package_wheel_and_what_was_compiled_into_it(installed: Path) -> None:
    document = bill(installed.parent / "lock", installed.parent, installed, "1.0-1")
    (found,) = document["components"]
    assert (found["name"], found["version"], found["purl"]) == ("some-thing", "1.5", "pkg:pypi/some-thing@1.5")
    assert found["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert found["hashes"][0]["content"].startswith("e3b0c442")
    assert found["components"] == [
        {"type": "library", "name": "zlib", "version": "1.3", "bom-ref": "pkg:pypi/some-thing@1.5#0"}
    ]


def test_two_bills_of_the_same_are_the_same(installed: Path) -> None:
    arguments = (installed.parent / "lock", installed.parent, installed)
    assert bill(*arguments, "1.0-1") == bill(*arguments, "1.0-1")
    assert bill(*arguments, "1.0-1")["serialNumber"] != bill(*arguments, "1.0-2")["serialNumber"]


def test_a_copyright_file_has_holder_licence_and_text(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = installed.parent / "copyright"
    ours.write_text("Files: *\n")
    assert copyrights.main(ours, installed) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Files: *\n\nFiles: */site-packages/some_thing*\n")
    for line in (
        " Copyright 2020 Somebody",
        "License: MIT or Apache-2.0",
        " .",
        " Do what you like.",
        " zlib 1.3: see its own list",
    ):
        assert f"\n{line}\n" in printed, line


def test_a_text_that_every_debian_has_is_named_instead(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    licence = installed / "some_thing-1.5.dist-info/licenses/LICENSE"
    licence.write_text("                 Apache License\n           Version 2.0, January 2004\n" + "words " * 1000)
    ours = installed.parent / "copyright"
    ours.write_text("")
    copyrights.main(ours, installed)
    printed = capsys.readouterr().out
    assert "/usr/share/common-licenses/Apache-2.0" in printed
    assert "words" not in printed


def test_a_package_s_own_folder_is_found_however_it_is_written() -> None:
    """Jinja2 is installed as jinja2."""
    assert description(distribution("jinja2")).name.startswith("jinja2-")
    assert canonical("Typing_Extensions") == "typing-extensions"
