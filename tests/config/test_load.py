# SPDX-License-Identifier: MIT
"""What the configuration accepts, from where, and how it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from decnet.cli.config import example
from decnet.config.load import Loaded, describe, load
from decnet.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.ini.d").mkdir()
    return tmp_path


def read(folder: Path, **variables: str) -> Loaded:
    return load({"HOME": str(folder), "DECNET_CONFIG": str(folder), **variables})


def refused(folder: Path, **variables: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, **variables)
    assert caught.value.exit_code == 78
    return caught.value.message


def test_later_sources_are_stronger(folder: Path) -> None:
    """Defaults < config.ini < config.ini.d in order < environment, and every origin is told."""
    (folder / "config.ini").write_text("[bus]\nconnections = 10\npatterns = 10\nqueue_count = 10\n")
    (folder / "config.ini.d" / "20-b.ini").write_text("[bus]\npatterns = 30\n")
    (folder / "config.ini.d" / "10-a.ini").write_text("[bus]\npatterns = 20\nqueue_count = 20\n")
    loaded = read(folder, DECNET_BUS_QUEUE_COUNT="40")
    bus = loaded.config.bus
    assert (bus.connections, bus.patterns, bus.queue_count, bus.queue_bytes) == (10, 30, 40, 8 * 1024 * 1024)
    assert loaded.origins["bus", "patterns"].endswith("20-b.ini")
    assert loaded.origins["bus", "queue_count"] == "environment DECNET_BUS_QUEUE_COUNT"
    assert loaded.origins["bus", "queue_bytes"] == "default"


def test_unknown_key_is_refused_with_a_suggestion(folder: Path) -> None:
    (folder / "config.ini").write_text("[bus]\nconections = 10\n")
    assert "no key in [bus] 'conections'; did you mean 'connections'?" in refused(folder)


@pytest.mark.parametrize("text", ["[buss]\nconnections = 1\n", "[buss]\n"])
def test_unknown_section_is_refused_with_a_suggestion(folder: Path, text: str) -> None:
    (folder / "config.ini").write_text(text)
    assert refused(folder).count("no section 'buss'; did you mean 'bus'?") == 1


def test_unknown_variable_is_refused_with_a_suggestion(folder: Path) -> None:
    assert "did you mean 'DECNET_BUS_GROUP'?" in refused(folder, DECNET_BUS_GRUOP="x")


def test_every_mistake_is_named_in_one_pass(folder: Path) -> None:
    (folder / "config.ini").write_text("[bus]\nconnections = many\npatterns = 0\n[log]\nlevel = loud\n")
    message = refused(folder, DECNET_PATHS_DATA="relative/path")
    assert len(message.splitlines()) == 4
    for part in ("connections = 'many'", "patterns = '0'", "level = 'loud'", "absolute path"):
        assert part in message


def test_interpolation_is_off(folder: Path) -> None:
    (folder / "config.ini").write_text("[bus]\ngroup = 50%%(x)s\n")
    assert read(folder).config.bus.group == "50%%(x)s"


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"[bus\n", "config.ini"), (b"\xff\xfe", "can't decode"), (b"[bus]\ngroup = a\ngroup = b\n", "already exists")],
)
def test_file_that_cannot_be_parsed_is_named(folder: Path, content: bytes, part: str) -> None:
    (folder / "config.ini").write_bytes(content)
    message = refused(folder)
    assert part in message
    assert str(folder / "config.ini") in message


def test_folder_in_place_of_the_file_is_named(folder: Path) -> None:
    (folder / "config.ini").mkdir()
    assert "Is a directory" in refused(folder)


@pytest.mark.parametrize("closed", ["", "config.ini.d"])
def test_folder_that_lets_nobody_in_is_named(monkeypatch: pytest.MonkeyPatch, folder: Path, closed: str) -> None:
    """What cannot be looked at may hold settings: it is never taken for absent. As root only a closed call shows that."""

    def refuse(path: Path, *_: object, **__: object) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    for name in ("stat", "read_text") if not closed else ("iterdir", "read_text"):
        monkeypatch.setattr(Path, name, refuse)
    assert f"{folder / (closed or 'config.ini')}: Permission denied" in refused(folder)


def test_log_file_may_be_named_by_the_environment(folder: Path) -> None:
    assert read(folder, DECNET_SYSTEM_LOGS="/var/log/decnet/decnet.bus.log").log_file == Path("/var/log/decnet/decnet.bus.log")


def test_every_key_has_a_description(folder: Path) -> None:
    assert [(section, key) for section, key, _, description in describe(read(folder).config) if not description] == []


def test_example_file_changes_nothing_until_a_key_is_uncommented(folder: Path) -> None:
    """The shipped example is valid, and with every key uncommented it still says the defaults."""
    config = read(folder).config
    text = example(config)
    (folder / "config.ini").write_text(text)
    assert read(folder).config == config
    keys = {f"#{key} =" for _, key, _, _ in describe(config)}
    lines = [line[1:] if any(line.startswith(key) for key in keys) else line for line in text.splitlines()]
    (folder / "config.ini").write_text("\n".join(lines))
    loaded = read(folder)
    assert loaded.config == config
    assert set(loaded.origins.values()) == {str(folder / "config.ini")}


def test_host_name_is_made_fit_for_a_record(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("os.uname", lambda: type("Node", (), {"nodename": "my_host!.example"}))
    assert read(folder).config.host.name == "my-host"
