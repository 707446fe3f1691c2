# SPDX-License-Identifier: MIT
"""The signed repository before apt of each Debian, whose programs that look at signatures are not the same."""

from pathlib import Path

import pytest

from scripts.lib.lab.machine import Machine
from tests.support.machines import Machines
from tests.support.packaged import Packaged
from tests.support.packages import made
from tests.support.repositories import SEEN_AT, Repository, Signer

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

KEYRING = "decnet-archive-keyring"


def is_taken(machine: Machine) -> bool:
    """Let apt read the index; what it only warns about is a refusal here."""
    return machine.run(["apt-get", "update", "--error-on=any"], check=False).returncode == 0


def is_taken_when_changed(machine: Machine, repository: Repository) -> bool:
    """Change one word of the index, look, and put it back."""
    index = repository.folder / f"dists/{machine.suite}/InRelease"
    whole = index.read_text()
    index.write_text(whole.replace("Label: DECNET", "Label: SOMEBODY"))
    try:
        return is_taken(machine)
    finally:
        index.write_text(whole)


def is_taken_unsigned(machine: Machine, repository: Repository) -> bool:
    """Leave the index alone without any signature, look, and sign it again."""
    folder = repository.folder / f"dists/{machine.suite}"
    signed = {path: path.read_bytes() for path in (folder / "InRelease", folder / "Release.gpg")}
    for path in signed:
        path.unlink()
    try:
        return is_taken(machine)
    finally:
        for path, content in signed.items():
            path.write_bytes(content)


def test_apt_takes_what_the_key_signed_and_nothing_else_and_learns_the_next_key(
    machine: Machines, suite: str, signer: Signer, tmp_path: Path
) -> None:
    old, new, stranger = (signer.new_key() for _ in range(3))
    repository = Repository(tmp_path / "repository", signer)

    def publish(*keys: str) -> None:
        repository.publish(*keys, "--uri", f"file:{SEEN_AT}", str(package))

    package = made(tmp_path, "decnet", "1.0-1")
    publish("--key", old)
    booted = machine(suite=suite, binds={repository.folder: SEEN_AT})
    Packaged(booted).trust(repository)
    assert is_taken(booted)
    assert not is_taken_when_changed(booted, repository)
    assert not is_taken_unsigned(booted, repository)
    publish("--key", stranger)
    assert not is_taken(booted)

    publish("--key", old, "--also-key", new)
    assert is_taken(booted)
    booted.apt("install", KEYRING)
    publish("--key", new)
    assert is_taken(booted)
    booted.apt("install", "decnet")
