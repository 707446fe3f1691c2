# SPDX-License-Identifier: MIT
"""The manifest can be read by a shell, and knows the files of a run that did not end."""

import subprocess
from pathlib import Path

from decnet.install import manifest
from decnet.install.layout import MANIFEST_NEXT, STATE
from decnet.install.manifest import Entry
from decnet.install.tree import Tree

FILE = Entry(path="/etc/a b", mode=0o644, content=b"text\n")
WANTED = Entry(path="/etc/c", mode=0o777, content=b"/usr/lib/c", is_link=True)


def written(tmp_path: Path) -> Tree:
    """Return a root with a manifest and its files."""
    tree = Tree(tmp_path)
    tree.make_folder(STATE, 0o700)
    tree.make_folder("/etc", 0o755)
    tree.write(FILE.path, FILE.content, FILE.mode)
    tree.stage_link("/etc", "c", "/usr/lib/c")
    manifest.announce(tree, [WANTED, FILE])
    return tree


def test_announced_files_are_ours_already(tmp_path: Path) -> None:
    tree = written(tmp_path)
    assert manifest.known(tree) == {FILE.path: {FILE.sum}, WANTED.path: {WANTED.sum}}
    manifest.settle(tree)
    assert manifest.known(tree) == {FILE.path: {FILE.sum}, WANTED.path: {WANTED.sum}}
    assert tree.look(MANIFEST_NEXT) is None


def test_sums_are_those_of_what_is_there(tmp_path: Path) -> None:
    tree = written(tmp_path)
    assert (manifest.found(tree, FILE.path), manifest.found(tree, WANTED.path)) == (FILE.sum, WANTED.sum)
    assert manifest.found(tree, "/etc/nothing") is None


def test_shell_without_python_can_tell_what_is_ours(tmp_path: Path) -> None:
    tree = written(tmp_path)
    manifest.settle(tree)
    script = """
    while read -r sum mode path; do
      if [ "$mode" = link ]; then found=$(readlink -n "$1$path" | sha256sum); else found=$(sha256sum <"$1$path"); fi
      [ "$found" = "$sum  -" ] && echo "$mode $path"
    done <"$1/var/lib/decnet-package/manifest"
    """
    done = subprocess.run(["/bin/sh", "-c", script, "sh", tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "0644 /etc/a b\nlink /etc/c\n"
