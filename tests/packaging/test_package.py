# SPDX-License-Identifier: MIT
"""The built package, as an artefact: what is in it, what is not, and that it can be built again."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from scripts.lib.assets import LIST, STAMP, locked
from scripts.lib.wheels import PIN
from tests.support.packages import PYTHONS, RELEASES, Package, built, output
from tests.support.sources import ROOT, expect_none

pytestmark = [pytest.mark.lab, pytest.mark.root, pytest.mark.timeout(1800)]

# Debian 12 is where lintian's word counts, and both interpreters are bound to their suite
SUITES = tuple(PYTHONS)
# 30 MB is what one may ask an operator to fetch at night
LARGEST_BYTES = 30_000_000
SCRIPTS = ("config", "preinst", "postinst", "prerm", "postrm")
# what reaches for a network or for another package; a hint to the operator may name apt-get
REACHES = re.compile(r"curl|wget|pip |\bapt\b(?!-get install decnet(?:\"$|=\$removed && }))|docker pull")


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def package(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return built(suite, tmp_path_factory.mktemp(suite))


def packages_folder(package: Package, suite: str) -> Path:
    return package.root / "opt/decnet/lib" / PYTHONS[suite] / "site-packages"


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_the_interpreter_is_named_whole(package: Package, suite: str) -> None:
    """The python3 of the next Debian would find nothing in the environment."""
    depends = [entry.strip() for entry in package.field("Depends").split(",")]
    assert PYTHONS[suite] in depends
    assert not [entry for entry in depends if entry.split()[0] == "python3"]
    assert str((package.root / "opt/decnet/bin/python").readlink()) == f"/usr/bin/{PYTHONS[suite]}"


def test_systemd_itself_is_needed(package: Package) -> None:
    """What debhelper names is there with a program that makes accounts alone; the configurator needs systemctl and tmpfiles."""
    assert "systemd" in [entry.strip() for entry in package.field("Depends").split(",")]


def test_the_version_says_the_suite(package: Package, suite: str) -> None:
    assert package.field("Version").endswith(f"-1+deb{RELEASES[suite]}")


def test_there_are_no_conffiles_no_triggers_no_shared_libraries(package: Package) -> None:
    """One edited conffile, and unattended upgrades leave the package alone for ever."""
    names = {path.name for path in package.control.iterdir()}
    assert names == {"control", "md5sums", "templates", "config", "preinst", "postinst", "prerm", "postrm"}
    assert [path.relative_to(package.root).as_posix() for path in (package.root / "etc").rglob("*")] == ["etc/sysusers.d"]


def test_everything_belongs_to_root_and_only_root_writes_it(package: Package) -> None:
    assert {line.split()[1] for line in package.listing()} == {"root/root"}
    paths = [path for path in package.root.rglob("*") if not path.is_symlink()]
    expect_none([str(path) for path in paths if path.stat().st_mode & 0o6022])


def test_only_programs_are_executable(package: Package) -> None:
    found = {
        path for path in package.root.rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o111
    }
    assert found == {package.root / "opt/decnet/bin/decnet"}


def test_no_byte_names_the_place_where_it_was_built(package: Package) -> None:
    files = [
        path for path in (*package.root.rglob("*"), *package.control.iterdir()) if path.is_file() and not path.is_symlink()
    ]
    assert len(files) > 1000
    expect_none([str(path) for path in files if b"/build/decnet" in path.read_bytes()])


def test_what_installs_and_activates_is_not_shipped(package: Package, suite: str) -> None:
    home = package.root / "opt/decnet"
    assert names_in(home) == ["bin", "lib", "pyvenv.cfg", "share"]
    assert names_in(home / "bin") == ["decnet", "python"]
    names = names_in(packages_folder(package, suite))
    expect_none([name for name in names if re.match(r"pip|setuptools|pkg_resources|wheel|_distutils|distutils", name)])
    expect_none([str(path) for name in ("RECORD", "direct_url.json", "INSTALLER") for path in home.rglob(name)])


def test_every_module_is_compiled_for_its_source_without_a_date(package: Package, suite: str) -> None:
    """Flags 1: hash-based and unchecked; a date would not survive dpkg's, and a missing file would be written as root."""
    sources = list(packages_folder(package, suite).rglob("*.py"))
    tag = PYTHONS[suite].replace("python3.", "cpython-3")
    compiled = [path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc" for path in sources]
    expect_none([str(path) for path in compiled if not path.is_file()])
    expect_none([str(path) for path in compiled if path.read_bytes()[4:8] != b"\x01\x00\x00\x00"])


def test_a_traceback_names_the_installed_file(package: Package, suite: str) -> None:
    tag = PYTHONS[suite].replace("python3.", "cpython-3")
    file = packages_folder(package, suite) / f"decnet/__pycache__/version.{tag}.pyc"
    assert f"/opt/decnet/lib/{PYTHONS[suite]}/site-packages/decnet/version.py".encode() in file.read_bytes()


def test_the_program_runs_isolated(package: Package) -> None:
    """Neither the caller's variables nor the folder it stands in reach what root runs."""
    first = (package.root / "opt/decnet/bin/decnet").read_text().splitlines()[0]
    assert first == "#!/opt/decnet/bin/python -IB"
    assert str((package.root / "usr/bin/decnet").readlink()) == "/opt/decnet/bin/decnet"


def test_every_pinned_package_is_there_in_its_version(package: Package, suite: str) -> None:
    found = {
        path.name.removesuffix(".dist-info").lower().replace("_", "-")
        for path in packages_folder(package, suite).glob("*.dist-info")
    }
    pinned = {f"{name}-{version}" for name, version in PIN.findall((ROOT / "requirements.lock").read_text())}
    assert {name for name in found if not name.startswith("decnet-")} == pinned


def test_the_package_says_what_it_was_built_for(package: Package, suite: str) -> None:
    build = json.loads((package.root / "opt/decnet/share/decnet/build.json").read_text())
    schema = re.search(r"^SCHEMA\D*(\d+)$", (ROOT / "decnet/store/database.py").read_text(), re.MULTILINE)
    assert schema
    assert build == {
        "version": package.field("Version"),
        "built_for": f"debian-{RELEASES[suite]}",
        "python": PYTHONS[suite].removeprefix("python"),
        "schema": int(schema[1]),
    }
    assert f"\nSCHEMA={schema[1]}\n" in (package.control / "preinst").read_text()


def test_no_placeholder_is_left_in_a_script(package: Package) -> None:
    expect_none([name for name in SCRIPTS if re.search(r"#[A-Z_]+#", (package.control / name).read_text())])


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_plain_sh_with_what_debhelper_added(package: Package, name: str) -> None:
    script = str(package.control / name)
    output("dash", "-n", script)
    # the confmodule is debconf's
    assert output(".venv/bin/shellcheck", "-s", "sh", "-e", "SC1091", script) == ""


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_reaches_for_nothing_with_what_debhelper_added(package: Package, name: str) -> None:
    lines = (package.control / name).read_text().splitlines()
    expect_none([line for line in lines if not line.lstrip().startswith("#") and REACHES.search(line)])


def test_the_questions_are_shipped_with_their_translations(package: Package) -> None:
    questions = (package.control / "templates").read_text(encoding="utf-8").strip().split("\n\n")
    assert len(questions) == 11
    expect_none([text for text in questions if "\nDescription: " not in text or "\nDescription-de.UTF-8: " not in text])


def test_units_are_enabled_and_purged_by_debhelper_and_started_by_the_configurator(package: Package) -> None:
    postinst, prerm, postrm = ((package.control / name).read_text() for name in ("postinst", "prerm", "postrm"))
    assert "deb-systemd-helper enable 'decnet.target'" in postinst
    assert not re.search(r"deb-systemd-invoke \$?\w*(?:restart|_dh_action)", postinst)
    assert re.search(r"deb-systemd-helper purge .*'decnet\.target'", postrm)
    units = {path.name for path in package.root.rglob("systemd/system/*") if path.suffix in {".service", ".target"}}
    stopped = re.search(r"deb-systemd-invoke stop (.*) >/dev/null", prerm)
    assert stopped
    assert set(stopped[1].split()) == units


def test_the_configurator_comes_before_what_debhelper_adds(package: Package) -> None:
    """Accounts and folders are made from files in /etc, which have to be rendered by then."""
    postinst = (package.control / "postinst").read_text()
    order = [postinst.index(words) for words in ("configured apply", "\ndb_stop\n", "systemd-sysusers ", "systemd-tmpfiles ")]
    assert order == sorted(order)


def test_the_copyright_speaks_for_everything_that_is_shipped(package: Package, suite: str) -> None:
    text = (package.root / "usr/share/doc/decnet/copyright").read_text(encoding="utf-8")
    patterns = " ".join(re.findall(r"^Files: (.*)$", text, re.MULTILINE))
    tops = {path.name for path in packages_folder(package, suite).iterdir() if path.name not in {"__pycache__", "decnet"}}
    covered = tuple(pattern.removeprefix("*/site-packages/").rstrip("*") for pattern in patterns.split()[1:])
    expect_none([name for name in sorted(tops) if not name.startswith((*covered, "decnet-"))])
    # what a browser gets of others is named file by file
    vendor = packages_folder(package, suite) / "decnet/web/static/vendor"
    scripts = set(names_in(vendor)) - {LIST, STAMP}
    assert scripts == {Path(name).name for asset in locked() for name in asset.files}
    assert {name for pattern in patterns.split() if "/vendor/" in pattern for name in [Path(pattern).name]} == scripts


def test_what_browsers_get_is_the_files_of_the_locked_packages(package: Package, suite: str) -> None:
    """And none that only tests need: axe-core is nobody's to download."""
    shipped = [path.name for path in package.root.rglob("*.js")]
    expect_none([name for name in shipped if name.startswith("axe")])
    static = packages_folder(package, suite) / "decnet/web/static"
    assert {path.suffix for path in static.iterdir() if path.is_file()} == {".css", ".js", ".svg"}
    listed = json.loads((static / "vendor" / LIST).read_text())
    assert [(one["name"], one["version"], one["integrity"]) for one in listed] == [
        (asset.name, asset.version, asset.integrity) for asset in locked()
    ]


def test_the_bill_of_materials_lists_every_package_and_what_was_compiled_into_them(package: Package) -> None:
    bill = json.loads((package.root / "usr/share/doc/decnet/decnet.cdx.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    found = {(one["name"], one["version"]) for one in bill["components"]}
    scripts = {(asset.name, asset.version) for asset in locked()}
    assert found == set(PIN.findall((ROOT / "requirements.lock").read_text())) | scripts
    npm = [one["purl"] for one in bill["components"] if one["purl"].startswith("pkg:npm/")]
    assert len(npm) == len(scripts) > 0
    cryptography = next(one for one in bill["components"] if one["name"] == "cryptography")
    assert "openssl" in {part["name"] for part in cryptography["components"]}
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(references) == len(set(references))
    assert {to for one in bill["dependencies"] for to in one["dependsOn"]} <= set(references)


def test_it_is_small_enough(package: Package) -> None:
    assert package.file.stat().st_size < LARGEST_BYTES


def test_a_second_build_elsewhere_gives_the_same_bytes(package: Package, suite: str, tmp_path: Path) -> None:
    """Another path, another time zone, another umask."""
    again = built(suite, tmp_path, "--elsewhere")
    assert again.file.name == package.file.name
    assert again.file.read_bytes() == package.file.read_bytes()


def test_the_build_has_no_network() -> None:
    """What runs where the package is built sees no interface but its own loopback, and that is down."""
    script = (
        "set -euo pipefail; source scripts/lib/environment.sh; source scripts/lib/chroot.sh; work=$(mktemp -d); "
        'trap "rm -rf $work" EXIT; in_copy "$(base_of bookworm)" "$work" cat /proc/net/dev /proc/net/route'
    )
    seen = output("bash", "-c", script, seconds=600, environment={"PATH": os.environ["PATH"], "HOME": str(Path.home())})
    assert re.findall(r"^\s*(\w+):", seen, re.MULTILINE) == ["lo"]
    assert not re.search(r"^\w+\t[0-9A-F]{8}\t", seen, re.MULTILINE)


def test_only_root_can_build() -> None:
    finished = subprocess.run(
        ["setpriv", "--reuid", "65534", "--clear-groups", "bash", "scripts/build-deb"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 1
    assert "sudo scripts/build-deb" in finished.stderr
