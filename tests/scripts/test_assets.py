# SPDX-License-Identifier: MIT
"""``scripts/lib/assets.py``: what npm brings is what the lock means, and no more of it than is wanted."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from scripts.lib import assets
from scripts.lib.assets import Asset, content, expect_whole, fetch, is_whole, locked, main, place, placed
from scripts.lib.copyrights import paragraph_of_asset
from scripts.lib.licences import FITTING
from scripts.lib.sbom import script

LICENCE = "Copyright (c) 2020 Somebody\n\nDo what you like.\n"


def packed(files: dict[str, str]) -> bytes:
    """Return an archive as npm makes it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


ARCHIVE = packed({"dist/a.js": "a()", "dist/b.js": "b()", "LICENSE": LICENCE})
INTEGRITY = "sha512-" + base64.b64encode(hashlib.sha512(ARCHIVE).digest()).decode()
ASSET = Asset(name="@of/one", version="1.5", licence="MIT", integrity=INTEGRITY, files=("dist/a.js",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the archive."""
    (tmp_path / ASSET.archive).write_bytes(ARCHIVE)
    return tmp_path


def fake_npm(folder: Path, archive: bytes) -> tuple[str, ...]:
    """Return a command that brings an archive, and writes down how it was called."""
    (folder / "brought").write_bytes(archive)
    program = folder / "npm"
    program.write_text(f'#!/bin/sh\necho "$@" >>{folder}/calls\ncp {folder}/brought "$5/{ASSET.archive}"\n')
    program.chmod(0o755)
    return (str(program),)


def test_an_archive_is_whole_when_every_byte_is(folder: Path) -> None:
    archive = folder / ASSET.archive
    assert is_whole(archive, INTEGRITY)
    archive.write_bytes(ARCHIVE + b"\n")
    assert not is_whole(archive, INTEGRITY)
    assert not is_whole(folder / "missing", INTEGRITY)
    assert not is_whole(archive, INTEGRITY.replace("sha512", "sha1"))


def test_only_what_is_missing_is_fetched_by_name_and_version(tmp_path: Path) -> None:
    npm = fake_npm(tmp_path, ARCHIVE)
    for _ in range(2):
        fetch(tmp_path / "new", [ASSET], npm)
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.endswith(" @of/one@1.5")
    assert "--ignore-scripts" in call


def test_what_npm_brings_and_the_lock_does_not_mean_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"package-lock\.json"):
        fetch(tmp_path / "new", [ASSET], fake_npm(tmp_path, ARCHIVE + b"x"))


def test_an_npm_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"npm did not get @of/one@1\.5"):
        fetch(tmp_path / "new", [ASSET], ["false"])


def test_only_wanted_files_are_placed_and_each_is_described(folder: Path) -> None:
    place(folder, [ASSET], folder / "vendor")
    assert {path.name for path in (folder / "vendor").iterdir()} == {"a.js", assets.LIST, assets.STAMP}
    assert list(placed(folder / "vendor")) == [(ASSET, LICENCE.strip())]
    assert list(placed(folder / "nothing")) == []


def test_a_second_placing_leaves_nothing_of_the_first(folder: Path) -> None:
    place(folder, [ASSET], folder / "vendor")
    (folder / "vendor" / "old.js").touch()
    place(folder, [ASSET], folder / "vendor")
    assert not (folder / "vendor" / "old.js").exists()


def test_a_damaged_archive_is_not_placed(folder: Path) -> None:
    (folder / ASSET.archive).write_bytes(b"")
    with pytest.raises(SystemExit):
        place(folder, [ASSET], folder / "vendor")
    assert not (folder / "vendor").exists()
    with pytest.raises(SystemExit):
        expect_whole(folder, ASSET)


def test_the_lock_has_what_ships_and_apart_from_it_what_tests_need() -> None:
    shipped = {one.name for one in locked()}
    assert "axe-core" not in shipped
    assert {one.name for one in locked(dev=True)} - shipped == {"axe-core"}
    assert all(one.files for one in locked(dev=True))


def test_the_licence_of_everything_that_ships_fits() -> None:
    assert {one.licence for one in locked()} <= FITTING | {"0BSD"}


def test_package_and_lock_agree() -> None:
    described = json.loads((assets.WEB / "package.json").read_text())
    wanted = described["dependencies"] | described["devDependencies"]
    assert {one.name: one.version for one in locked(dev=True)} == wanted
    assert described["assets"].keys() == wanted.keys()


def test_a_bill_and_a_copyright_file_name_it(folder: Path) -> None:
    described = script(ASSET)
    assert described["purl"] == "pkg:npm/%40of/one@1.5"
    assert described["hashes"] == [{"alg": "SHA-512", "content": hashlib.sha512(ARCHIVE).hexdigest()}]
    written = paragraph_of_asset(ASSET, LICENCE)
    assert written.startswith("Files: */decnet/web/static/vendor/a.js\n")
    assert " Copyright (c) 2020 Somebody\n" in written
    assert content(folder, ASSET, "dist/b.js") == b"b()"


def test_a_call_that_means_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "somewhere"]) == 2
    assert "assets.py fetch" in capsys.readouterr().err
