# SPDX-License-Identifier: MIT
"""
The copyright file of the package: ``copyrights.py OURS PACKAGES`` prints it.

OURS is debian/copyright, which speaks for decnet; the rest is what the packages in PACKAGES say of themselves: their licence,
its text, the lines that name the holders, and what their wheels say was compiled into them. The npm packages of the dashboard
follow.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from scripts.lib.assets import Asset, placed
from scripts.lib.licences import description, expression

HOLDER = re.compile(r"^[\s#*]*((?:Copyright|©)\s.*\d{4}.*|Copyright \(c\) .*)$", re.MULTILINE)
# texts that every Debian has, by words that only they contain
COMMON = {
    "Apache-2.0": re.compile(r"Apache License\s+Version 2\.0"),
    "MPL-2.0": re.compile(r"Mozilla Public License Version 2\.0"),
}
OURS = "decnet"
# programs, which are not shipped, and what is compiled anew
SKIPPED = {"..", "__pycache__"}
VENDOR = Path("decnet/web/static/vendor")


def texts(found: Distribution) -> list[str]:
    """Return the licence files of a package."""
    files = sorted(path for path in (description(found) / "licenses").rglob("*") if path.is_file())
    return [path.read_text(encoding="utf-8").strip() for path in files if path.name != "AUTHORS"]


def holders(found: Distribution) -> list[str]:
    """Return who holds the copyright, as the licence files say, else who wrote it."""
    lines = [line.strip() for text in texts(found) for line in HOLDER.findall(text) if "[yyyy]" not in line]
    said = found.metadata.json
    writers = [str(said[key]) for key in ("author", "author_email", "maintainer_email") if said.get(key)]
    return list(dict.fromkeys(lines)) or writers[:1]


def licence(found: Distribution) -> str:
    """Return the licence as a copyright file writes it."""
    return expression(found.metadata).replace(" OR ", " or ").replace(" AND ", " and ").replace("(", "").replace(")", "")


def body(found: Distribution) -> Iterator[str]:
    """Yield the text of the licence, or where every Debian has it."""
    for text in texts(found):
        common = next((name for name, words in COMMON.items() if words.search(text)), None)
        if common:
            yield f"The full text of {common} is in /usr/share/common-licenses/{common}."
        else:
            yield text


def compiled_in(found: Distribution) -> list[str]:
    """Return a line for each thing that was compiled into a package."""
    lists = sorted((description(found) / "sboms").glob("*.json"))
    parts = [part for file in lists for part in json.loads(file.read_text(encoding="utf-8")).get("components", [])]
    return [f"{part['name']} {part['version']}: {named(part)}" for part in parts]


def named(part: dict[str, list[dict[str, str]]]) -> str:
    """Return the licence that a wheel's own list gives to a part of it."""
    return ", ".join(entry.get("expression", "") for entry in part.get("licenses", [])) or "see its own list"


def indented(text: str) -> str:
    """Write a text as the continuation of a field."""
    return "\n".join(f" {line.rstrip()}" if line.strip() else " ." for line in text.expandtabs().splitlines())


def files(found: Distribution) -> str:
    """Return the patterns of a package's files: what is in it need not be called as it is."""
    name = description(found).name.split("-")[0]
    folders = {path.parts[0] for path in found.files or ()} - SKIPPED
    tops = sorted({folder.split(".")[0].split("-")[0] for folder in folders})
    return " ".join(f"*/site-packages/{top}*" for top in dict.fromkeys([name, *tops]))


def paragraph(found: Distribution) -> str:
    """Return what the file says about one package."""
    parts = compiled_in(found)
    comment = f"Comment:\n {found.metadata['Name']} {found.version}, unchanged.\n"
    if parts:
        comment += indented("Compiled into it:\n" + "\n".join(parts)) + "\n"
    return (
        f"Files: {files(found)}\n"
        f"Copyright:\n{indented(chr(10).join(holders(found)))}\n"
        f"{comment}License: {licence(found)}\n{indented((chr(10) * 2).join(body(found)))}\n"
    )


def paragraph_of_asset(asset: Asset, text: str) -> str:
    """Return what the file says about one npm package; a licence may name no holder (0BSD)."""
    names = " ".join(f"*/{VENDOR}/{Path(name).name}" for name in asset.files)
    holder = [line.strip() for line in HOLDER.findall(text)] or [f"The authors of {asset.name}"]
    return (
        f"Files: {names}\nCopyright:\n{indented(chr(10).join(holder))}\n"
        f"Comment:\n {asset.name} {asset.version}, unchanged.\nLicense: {asset.licence}\n{indented(text)}\n"
    )


def main(ours: Path, packages: Path) -> int:
    """Print the file."""
    found = sorted(distributions(path=[str(packages)]), key=lambda one: one.metadata["Name"].lower())
    shipped = [one for one in found if one.metadata["Name"] not in {OURS, "pip", "setuptools"}]
    assets = [paragraph_of_asset(asset, text) for asset, text in placed(packages / VENDOR)]
    parts = [*(paragraph(one) for one in shipped), *assets]
    print(ours.read_text(encoding="utf-8").rstrip(), *(part.rstrip() for part in parts), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
