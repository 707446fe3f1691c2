# SPDX-License-Identifier: MIT
"""``scripts/build-repo``: what apt makes of it, with a key of its own and lists of its own."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.packages import made, output
from tests.support.signers import Signer, signing

pytestmark = [pytest.mark.client, pytest.mark.timeout(180)]

CODENAME = "bookworm"


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with signing(tmp_path) as found:
        yield found


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

    def install_keyring(self, signer: Signer) -> None:
        """Unpack the newest keyring package; its source file then names the keyring in this root."""
        output("dpkg-deb", "--extract", str(signer.keyring_package(CODENAME)), str(self.root))
        source = self.root / "etc/apt/sources.list.d/decnet.sources"
        source.write_text(source.read_text().replace("Signed-By: /", f"Signed-By: {self.root}/"))


@pytest.fixture
def client(tmp_path: Path) -> Client:
    root = tmp_path / "client"
    root.mkdir()
    return Client(root)


@pytest.mark.parametrize("codename", ["bookworm", "trixie"])
def test_the_index_names_origin_suite_and_codename(signer: Signer, tmp_path: Path, codename: str) -> None:
    """unattended-upgrades decides by them."""
    signer.publish("--key", signer.new_key(), str(made(tmp_path, "decnet", "1.0-1+deb12")))
    lines = (signer.repository / f"dists/{codename}/InRelease").read_text().splitlines()
    wanted = {"Origin: DECNET", "Label: DECNET", "Suite: stable", f"Codename: {codename}"}
    assert wanted <= set(lines)
    assert any(line.startswith("Valid-Until: ") for line in lines)


def test_a_client_with_the_keyring_package_takes_the_index(signer: Signer, client: Client, tmp_path: Path) -> None:
    key = signer.new_key()
    signer.publish("--key", key, str(made(tmp_path, "decnet", "1.0-1+deb12")))
    signer.publish("--key", key, str(made(tmp_path, "decnet", "1.1-1+deb12")), str(made(tmp_path, "decnet", "1.1-1+deb13")))
    client.install_keyring(signer)
    assert client.update()
    for version in ("1.0-1+deb12", "1.1-1+deb12"):
        assert client.apt("--print-uris", "install", f"decnet={version}").returncode == 0
    assert client.apt("--print-uris", "install", "decnet=1.1-1+deb13").returncode != 0
    shown = client.apt("--print-uris", "install", "decnet").stdout
    assert "decnet_1.1-1+deb12_all.deb" in shown


def test_an_index_that_was_changed_or_is_unsigned_is_refused(signer: Signer, client: Client, tmp_path: Path) -> None:
    signer.publish("--key", signer.new_key(), str(made(tmp_path, "decnet", "1.0-1+deb12")))
    client.install_keyring(signer)
    index = signer.repository / f"dists/{CODENAME}/InRelease"
    whole = index.read_text()
    index.write_text(whole.replace("Label: DECNET", "Label: SOMEBODY"))
    assert not client.update()
    index.unlink()
    (index.parent / "Release.gpg").unlink()
    assert not client.update()
    index.write_text(whole)
    assert client.update()


def test_a_stranger_s_key_is_not_taken(signer: Signer, client: Client, tmp_path: Path) -> None:
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    signer.publish("--key", signer.new_key(), package)
    client.install_keyring(signer)
    signer.publish("--key", signer.new_key(), package)
    assert not client.update()


def test_a_key_is_replaced_without_losing_a_client(signer: Signer, client: Client, tmp_path: Path) -> None:
    """The old key alone, then both, the keyring package in between, then the new one alone."""
    old, new = signer.new_key(), signer.new_key()
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    signer.publish("--key", old, package)
    client.install_keyring(signer)
    signer.publish("--key", old, "--also-key", new, package)
    assert client.update()
    client.install_keyring(signer)
    signer.publish("--key", new, package)
    assert client.update()


def test_a_keyring_package_changes_its_version_when_its_keys_change_and_only_then(signer: Signer, tmp_path: Path) -> None:
    old, new = signer.new_key(), signer.new_key()
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    for keys in ((old,), (old,), (old, "--also-key", new)):
        signer.publish("--key", *keys, package)
    names = sorted(path.name for path in (signer.repository / f"pool/{CODENAME}").glob("decnet-archive-keyring_*"))
    assert names == [f"decnet-archive-keyring_{number}+deb12_all.deb" for number in (1, 2)]


def test_a_key_that_gpg_does_not_have_is_named(signer: Signer, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match='gpg has no secret key "ABCD"'):
        signer.publish("--key", "ABCD", str(made(tmp_path, "decnet", "1.0-1+deb12")))
