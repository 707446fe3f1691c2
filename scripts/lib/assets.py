# SPDX-License-Identifier: MIT
"""
What the dashboard has of others: npm packages, each by the integrity that the lock names, and the files of them that it serves.

``assets.py fetch FOLDER [--dev] NPM...`` gets the packages that FOLDER does not have yet, with this npm; ``--dev`` those that
only tests need, too. ``assets.py place FOLDER`` checks them and writes their files to ``decnet/web/static/vendor``, with a list
of what they are. No address of a registry stands anywhere: npm knows one, the lock says what has to come from it.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

WEB = Path(__file__).resolve().parents[2] / "decnet" / "web"
VENDOR = WEB / "static" / "vendor"
LIST = "assets.json"
STAMP = "stamp"
MODULES = "node_modules/"
TOP = "package/"
# node trusts a list of its own: what the host trusts beyond it (a proxy of the site) it has to be told
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
# what some packages write for a licence, and what the list of licences calls it
SPDX = {"BSD-0-Clause": "0BSD"}


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One package of the lock: ``integrity`` is that of its archive, ``files`` are those that are wanted of it."""

    name: str
    version: str
    licence: str
    integrity: str
    files: tuple[str, ...]

    @property
    def archive(self) -> str:
        """The name of the file that npm makes of the package."""
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}.tgz"


def locked(web: Path = WEB, *, dev: bool = False) -> list[Asset]:
    """Return the packages of the lock; with ``dev`` those for tests alone, too."""
    described = json.loads((web / "package.json").read_text(encoding="utf-8"))
    packages = json.loads((web / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    found = {path.removeprefix(MODULES): entry for path, entry in packages.items() if path.startswith(MODULES)}
    return [asset(name, entry, described["assets"]) for name, entry in found.items() if dev or not entry.get("dev")]


def asset(name: str, entry: dict[str, Any], files: dict[str, list[str]]) -> Asset:
    """Return one package as the lock describes it."""
    licence = SPDX.get(entry["license"], entry["license"])
    wanted = tuple(files.get(name, ()))
    return Asset(name=name, version=entry["version"], licence=licence, integrity=entry["integrity"], files=wanted)


def is_whole(archive: Path, integrity: str) -> bool:
    """Say whether an archive is the one that the lock means (Subresource Integrity: algorithm, hyphen, base64)."""
    algorithm, _, expected = integrity.partition("-")
    if algorithm != "sha512" or not archive.is_file():
        return False
    return base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == expected


def fetch(folder: Path, assets: list[Asset], npm: Sequence[str]) -> None:
    """Get what is missing; raise ``SystemExit`` where it does not come, or is not what the lock means."""
    trusted = {"NODE_EXTRA_CA_CERTS": str(AUTHORITIES)} if AUTHORITIES.is_file() else {}
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for one in assets:
        archive = folder / one.archive
        if is_whole(archive, one.integrity):
            continue
        archive.unlink(missing_ok=True)
        wanted = f"{one.name}@{one.version}"
        command = [*npm, "pack", "--loglevel=error", "--ignore-scripts", "--pack-destination", str(folder), wanted]
        # in a folder without a package of its own: npm would otherwise pack that one's neighbours too
        finished = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False, env={**trusted, **os.environ})  # noqa: S603 - a list, of words of the lock
        if finished.returncode:
            raise SystemExit(f"npm did not get {wanted}, and said why above: mend that, run this again")
        expect_whole(folder, one)


def expect_whole(folder: Path, one: Asset) -> None:
    """Raise ``SystemExit`` where an archive is missing, or not the one that the lock means."""
    if not is_whole(folder / one.archive, one.integrity):
        raise SystemExit(f"{folder / one.archive} is not what decnet/web/package-lock.json names: delete it, run this again")


def content(folder: Path, one: Asset, name: str) -> bytes:
    """Return a file of a package; raise ``KeyError`` where it has none of that name."""
    with tarfile.open(folder / one.archive) as archive:
        file = archive.extractfile(f"{TOP}{name}")
        if file is None:
            raise KeyError(name)
        return file.read()


def licence_text(folder: Path, one: Asset) -> str:
    """Return the text of a package's licence."""
    with tarfile.open(folder / one.archive) as archive:
        names = [name for name in archive.getnames() if name.upper().startswith(f"{TOP}LICENSE".upper())]
    return content(folder, one, names[0].removeprefix(TOP)).decode("utf-8").strip()


def place(folder: Path, assets: list[Asset], target: Path = VENDOR) -> None:
    """Write the wanted files; the folder appears under its name when it is whole."""
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for one in assets:
        expect_whole(folder, one)
        for name in one.files:
            (fresh / Path(name).name).write_bytes(content(folder, one, name))
    listed = [{**asdict(one), "text": licence_text(folder, one)} for one in assets]
    (fresh / LIST).write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (fresh / STAMP).write_text(stamp(), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def stamp(web: Path = WEB) -> str:
    """Return what changes when other files are wanted: the sha256 of package.json and the lock, as sha256sum prints it."""
    both = (web / "package.json").read_bytes() + (web / "package-lock.json").read_bytes()
    return f"{hashlib.sha256(both).hexdigest()}  -\n"


def placed(vendor: Path) -> Iterator[tuple[Asset, str]]:
    """Yield what lies in a folder of placed files, with the text of each licence; nothing where there is no such folder."""
    listed = vendor / LIST
    for entry in json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else ():
        text = entry.pop("text")
        yield Asset(**{**entry, "files": tuple(entry["files"])}), text


def main(arguments: list[str]) -> int:
    """Do what was asked."""
    match arguments:
        case ["fetch", folder, "--dev", *npm] if npm:
            fetch(Path(folder), locked(dev=True), npm)
        case ["fetch", folder, *npm] if npm:
            fetch(Path(folder), locked(), npm)
        case ["place", folder]:
            place(Path(folder), locked())
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
