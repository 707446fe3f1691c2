# SPDX-License-Identifier: MIT
"""``decnet.web.assets``: files that a browser may keep, and no others."""

from pathlib import Path

import pytest
from starlette.requests import Request

from decnet.errors import ConfigError
from decnet.web.assets import OF_OTHERS, Assets
from decnet.web.protection import RefusedError


def folder(at: Path, style: str = "p {}") -> Path:
    """Return a folder with all that is needed."""
    (at / "vendor").mkdir(parents=True)
    for name in OF_OTHERS:
        (at / "vendor" / name).write_text(name)
    (at / "decnet.css").write_text(style)
    (at / "vendor" / "assets.json").write_text("[]")
    return at


def asked(name: str) -> Request:
    """Return a request for a file."""
    return Request({"type": "http", "method": "GET", "path": "/", "headers": [], "path_params": {"name": name}})


async def test_a_file_is_kept_for_good_and_its_address_changes_with_it(tmp_path: Path) -> None:
    first, second = Assets(folder(tmp_path / "a")), Assets(folder(tmp_path / "b", "q {}"))
    assert first.url("decnet.css") != second.url("decnet.css")
    assert first.url("htmx.min.js") == second.url("htmx.min.js")
    answer = await first.serve(asked("decnet.css"))
    assert (answer.body, answer.headers["content-type"]) == (b"p {}", "text/css; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["assets.json", "../app.py", "..%2fapp.py", "", "nothing.js"])
async def test_what_is_no_asset_is_not_served(tmp_path: Path, name: str) -> None:
    assets = Assets(folder(tmp_path / "a"))
    with pytest.raises(RefusedError) as refused:
        await assets.serve(asked(name))
    assert refused.value.status == 404


def test_missing_scripts_of_others_are_told_with_what_brings_them(tmp_path: Path) -> None:
    (folder(tmp_path / "a") / "vendor" / "htmx.min.js").unlink()
    with pytest.raises(ConfigError, match=r"htmx\.min\.js") as refused:
        Assets(tmp_path / "a")
    assert refused.value.remedy == "scripts/assets"


def test_all_files_that_pages_name_are_there() -> None:
    assets = Assets()
    assert [name for name in ("decnet.css", "decnet.js", "player.js", "decnet.svg") if not assets.url(name)] == []
