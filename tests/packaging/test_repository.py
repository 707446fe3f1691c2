# SPDX-License-Identifier: MIT
"""``scripts/build-repo``: what apt makes of it, with a key of its own and lists of its own."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.packages import made, output
from tests.support.repositories import Repository, signing
from tests.support.sources import ROOT

pytestmark = [pytest.mark.client, pytest.mark.timeout(180)]

CODENAME = "bookworm"
# signs, says which agent of gpg helps with that, and ends by a signal
ENDED = """\
import os, subprocess, sys
from pathlib import Path
from tests.support.repositories import signing
with signing(Path(sys.argv[1])) as signer:
    signer.new_key()
    ask = ["gpg-connect-agent", "--no-autostart", "--homedir", sys.argv[1], "getinfo pid", "/bye"]
    print(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.split()[1], flush=True)
    os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    with signing(tmp_path / "keys") as signer:
        yield Repository(tmp_path / "repository", signer)


@dataclass(frozen=True)
class Client:
    """A host that knows this repository and no other: apt with folders of its own."""

    root: Path

    def apt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run apt-get; what it only warns about is an error here."""
        for folder in ("state/lists/partial", "cache/archives/partial", "etc/trusted.gpg.d"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        settings = {
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": f"{self.root}/etc/apt/sources.list.d",
            "Dir::Etc::trustedparts": f"{self.root}/etc/trusted.gpg.d",
            "Dir::State": f"{self.root}/state",
            "Dir::State::status": f"{self.root}/status",
            "Dir::Cache": f"{self.root}/cache",
            "APT::Architecture": "amd64",
            "APT::Sandbox::User": "root",
        }
        (self.root / "status").touch()
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        return subprocess.run(
            ["apt-get", *options, *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"]},
        )

    def update(self) -> bool:
        """Read the index; say whether it was taken."""
        return self.apt("update", "--error-on=any").returncode == 0

    def install_keyring(self, repository: Repository) -> None:
        """Unpack the newest keyring package; its source file then names the keyring in this root."""
        output("dpkg-deb", "--extract", str(repository.keyring_package(CODENAME)), str(self.root))
        source = self.root / "etc/apt/sources.list.d/decnet.sources"
        source.write_text(source.read_text().replace("Signed-By: /", f"Signed-By: {self.root}/"))


@pytest.fixture
def client(tmp_path: Path) -> Client:
    root = tmp_path / "client"
    root.mkdir()
    return Client(root)


@pytest.mark.parametrize("codename", ["bookworm", "trixie"])
def test_the_index_names_origin_suite_and_codename(repository: Repository, tmp_path: Path, codename: str) -> None:
    """unattended-upgrades decides by them."""
    repository.publish("--key", repository.signer.new_key(), str(made(tmp_path, "decnet", "1.0-1+deb12")))
    lines = (repository.folder / f"dists/{codename}/InRelease").read_text().splitlines()
    wanted = {"Origin: DECNET", "Label: DECNET", "Suite: stable", f"Codename: {codename}"}
    assert wanted <= set(lines)
    assert any(line.startswith("Valid-Until: ") for line in lines)


def test_a_client_with_the_keyring_package_takes_the_index(repository: Repository, client: Client, tmp_path: Path) -> None:
    key = repository.signer.new_key()
    repository.publish("--key", key, str(made(tmp_path, "decnet", "1.0-1+deb12")))
    repository.publish("--key", key, str(made(tmp_path, "decnet", "1.1-1+deb12")), str(made(tmp_path, "decnet", "1.1-1+deb13")))
    client.install_keyring(repository)
    assert client.update()
    for version in ("1.0-1+deb12", "1.1-1+deb12"):
        assert client.apt("--print-uris", "install", f"decnet={version}").returncode == 0
    assert client.apt("--print-uris", "install", "decnet=1.1-1+deb13").returncode != 0
    shown = client.apt("--print-uris", "install", "decnet").stdout
    assert "decnet_1.1-1+deb12_all.deb" in shown


def test_an_index_that_was_changed_or_is_unsigned_is_refused(repository: Repository, client: Client, tmp_path: Path) -> None:
    repository.publish("--key", repository.signer.new_key(), str(made(tmp_path, "decnet", "1.0-1+deb12")))
    client.install_keyring(repository)
    index = repository.folder / f"dists/{CODENAME}/InRelease"
    whole = index.read_text()
    index.write_text(whole.replace("Label: DECNET", "Label: SOMEBODY"))
    assert not client.update()
    index.unlink()
    (index.parent / "Release.gpg").unlink()
    assert not client.update()
    index.write_text(whole)
    assert client.update()


def test_a_stranger_s_key_is_not_taken(repository: Repository, client: Client, tmp_path: Path) -> None:
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    repository.publish("--key", repository.signer.new_key(), package)
    client.install_keyring(repository)
    repository.publish("--key", repository.signer.new_key(), package)
    assert not client.update()


def test_a_key_is_replaced_without_losing_a_client(repository: Repository, client: Client, tmp_path: Path) -> None:
    """The old key alone, then both, the keyring package in between, then the new one alone."""
    old, new = repository.signer.new_key(), repository.signer.new_key()
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    repository.publish("--key", old, package)
    client.install_keyring(repository)
    repository.publish("--key", old, "--also-key", new, package)
    assert client.update()
    client.install_keyring(repository)
    repository.publish("--key", new, package)
    assert client.update()


def test_a_keyring_package_changes_its_version_when_its_keys_change_and_only_then(
    repository: Repository, tmp_path: Path
) -> None:
    old, new = repository.signer.new_key(), repository.signer.new_key()
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    for keys in ((old,), (old,), (old, "--also-key", new)):
        repository.publish("--key", *keys, package)
    names = sorted(path.name for path in (repository.folder / f"pool/{CODENAME}").glob("decnet-archive-keyring_*"))
    assert names == [f"decnet-archive-keyring_{number}+deb12_all.deb" for number in (1, 2)]


def test_a_key_that_gpg_does_not_have_is_named(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match='gpg has no secret key "ABCD"'):
        repository.publish("--key", "ABCD", str(made(tmp_path, "decnet", "1.0-1+deb12")))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_agent_of_gpg_outlives_who_signs(tmp_path: Path, number: signal.Signals) -> None:
    argv = [sys.executable, "-c", ENDED, str(tmp_path / "keys"), f"{number:d}"]
    ended = subprocess.run(argv, check=False, stdout=subprocess.PIPE, text=True, cwd=ROOT, timeout=60)
    assert ended.returncode == -number
    try:
        agent = os.pidfd_open(int(ended.stdout))
    except ProcessLookupError:
        return
    assert select.select([agent], [], [], 30)[0]
    os.close(agent)
