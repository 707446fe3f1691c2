# SPDX-License-Identifier: MIT
"""``debian/decnet.preinst`` and its like: what they refuse, what they take away, what they never call."""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from decnet.install import host as install_host
from decnet.install.failure import InvalidError
from decnet.install.migration import check_room
from tests.support.sources import ROOT, expect_none

pytestmark = pytest.mark.client

NAMES = ("config", "preinst", "postinst", "prerm", "postrm")
# the calls that Debian Policy 6.5 lists; postinst has no "install"
CALLS = {
    "preinst": ("install", "upgrade", "abort-upgrade"),
    "postinst": ("configure", "abort-upgrade", "abort-remove", "abort-deconfigure", "triggered"),
    "prerm": ("remove", "upgrade", "failed-upgrade", "deconfigure"),
    "postrm": ("remove", "purge", "upgrade", "failed-upgrade", "abort-install", "abort-upgrade", "disappear"),
}
FORBIDDEN = re.compile(
    r"curl|wget|pip |\bapt\b(?! -f|-get -f)|docker pull|systemctl (?:re)?start|chown|chgrp|dpkg-statoverride|userdel"
)
# the df of a host on which one folder's disk is full
FULL_DISK = """\
#!/bin/sh
for folder; do :; done
[ "$folder" = {folder} ] && free=1 || free=99999999
printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\\n/dev/x  10    9     %s  90%% /var\\n' "$free"
"""
FOLDERS = ("/etc/decnet", "/var/lib/decnet", "/var/log/decnet", "/run/decnet")


def script(name: str) -> str:
    """Return a script as it stands in the tree."""
    return (ROOT / f"debian/decnet.{name}").read_text(encoding="utf-8")


class Host:
    """A folder that stands for the root of a host; the script's absolute paths lead into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("etc/decnet", "var/lib/decnet/store", "var/lib/decnet-package", "run"):
            (root / folder).mkdir(parents=True)

    def write(self, path: str, text: str) -> Path:
        """Write a file."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def has(self, path: str) -> bool:
        """Say whether something is there, be it a link to nowhere."""
        file = self.root / path.lstrip("/")
        return file.exists() or file.is_symlink()

    def run(self, name: str, *arguments: str, schema: int = 1, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a maintainer script as dpkg does."""
        text = re.sub(r"(?<![\w$])/(etc|var/lib|var/log|run)/", rf"{self.root}/\1/", script(name))
        text = (
            text.replace("#DECNET_SCHEMA#", str(schema))
            .replace("#DECNET_VERSION#", "2.0-1")
            .replace("/usr/share/debconf", "/none")
        )
        file = self.write(f"scripts/{name}", text)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **variables}
        return subprocess.run(
            ["dash", str(file), *arguments], check=False, capture_output=True, text=True, env=environment, timeout=30
        )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host on which decnet was installed."""
    return Host(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_script_is_plain_sh(name: str) -> None:
    text = script(name)
    assert text.startswith("#!/bin/sh\n")
    checked = subprocess.run(["dash", "-n"], input=text, check=False, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    linter = ROOT / ".venv/bin/shellcheck"
    # the confmodule is debconf's
    checked = subprocess.run([linter, "-s", "sh", "-e", "SC1091", "-"], input=text, check=False, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_script_fetches_nothing_and_does_what_others_declare(name: str) -> None:
    """No network, no owners, no start behind the policy's back; a hint to the operator may name apt-get."""
    lines = script(name).splitlines()
    expect_none([line for line in lines if not line.lstrip().startswith(("#", '"')) and FORBIDDEN.search(line)])


@pytest.mark.parametrize("name", CALLS)
def test_every_call_of_dpkg_has_its_arm_and_another_one_fails(name: str, host: Host) -> None:
    arms = {word.strip() for line in re.findall(r"^\t([a-z| -]+)\)$", script(name), re.MULTILINE) for word in line.split("|")}
    assert arms == set(CALLS[name])
    if name != "postinst":
        finished = host.run(name, "dance")
        assert finished.returncode == 1
        assert "dance" in finished.stderr


def test_the_answers_are_read_and_never_run() -> None:
    """A file in /etc that root's shell sources is a program that somebody else may have written."""
    for name in NAMES:
        expect_none(re.findall(r"^\s*(?:\.|source|eval)\s+(?!/usr/share/debconf/confmodule).*", script(name), re.MULTILINE))


def test_a_store_of_a_newer_version_is_refused_with_the_way_back(host: Host) -> None:
    host.write("/var/lib/decnet-package/schema.json", '{"schema": 7}\n')
    backup = host.write("/var/lib/decnet-package/backups/000002-before-3.0/decnet.db", "")
    finished = host.run("preinst", "upgrade", "3.0-1", "2.0-1", schema=6)
    assert finished.returncode == 1
    assert f"decnet store restore {backup}" in finished.stderr
    assert "schema 6" in finished.stderr
    assert "schema 7" in finished.stderr


@pytest.mark.parametrize("schema", [7, 8])
def test_a_store_of_this_or_an_older_version_is_taken(host: Host, schema: int) -> None:
    host.write("/var/lib/decnet/store/decnet.db", "")
    host.write("/var/lib/decnet-package/schema.json", '{"schema": 7}\n')
    assert host.run("preinst", "upgrade", "1.0-1", "2.0-1", schema=schema).returncode == 0


@pytest.mark.parametrize("call", ["upgrade", "install"])
def test_a_store_that_is_not_there_now_is_refused_until_somebody_says_that_it_is_lost(host: Host, call: str) -> None:
    """Its disk may not be mounted; what was recorded meanwhile into another one would be hidden when it is."""
    stamp = host.write("/var/lib/decnet-package/schema.json", '{"schema": 1}\n')
    finished = host.run("preinst", call, "1.0-1", "2.0-1")
    assert (finished.returncode, "is its disk not mounted?" in finished.stderr) == (1, True)
    remedy = finished.stderr.rpartition("first: ")[2].strip()
    assert remedy == f"rm {stamp}"
    host.write("/etc/decnet/package.conf", "DECNET_ROLE=agent\n")
    assert host.run("preinst", call, "1.0-1", "2.0-1").returncode == 0
    (host.root / "etc/decnet/package.conf").unlink()
    stamp.unlink()
    assert host.run("preinst", call, "1.0-1", "2.0-1").returncode == 0


def test_a_stamp_that_says_nothing_is_refused(host: Host) -> None:
    host.write("/var/lib/decnet-package/schema.json", "")
    assert host.run("preinst", "upgrade", "1.0-1", "2.0-1").returncode == 1


def test_the_way_back_begins_with_the_newer_version_where_the_package_was_removed(host: Host) -> None:
    """The commands that restore a backup went with it."""
    host.write("/var/lib/decnet-package/schema.json", '{"schema": 7}\n')
    finished = host.run("preinst", "install", "3.0-1", "2.0-1", schema=6)
    assert finished.returncode == 1
    assert "run: apt-get install decnet=3.0-1 && systemctl stop decnet.target && decnet store restore " in finished.stderr


@pytest.mark.parametrize("stamp", [None, ""])
@pytest.mark.parametrize(
    ("call", "old", "way"),
    [
        ("upgrade", "1.0-1", "with: decnet configure apply."),
        ("upgrade", "3.0-1", "with: decnet configure apply."),
        ("install", "3.0-1", "with: apt-get install decnet=3.0-1 && decnet configure apply."),
    ],
)
def test_a_store_of_a_schema_that_nobody_knows_is_refused(host: Host, call: str, old: str, way: str, stamp: str | None) -> None:
    """As ``decnet doctor`` says, and with commands that are there."""
    host.write("/var/lib/decnet/store/decnet.db", "")
    if stamp is not None:
        host.write("/var/lib/decnet-package/schema.json", stamp)
    finished = host.run("preinst", call, old, "2.0-1")
    assert finished.returncode == 1
    assert way in finished.stderr
    assert "To go on without: DECNET_FORCE_UPGRADE=yes in " in finished.stderr
    assert host.run("preinst", call, old, "2.0-1", DECNET_FORCE_UPGRADE="1").returncode == 0


@pytest.mark.parametrize("arguments", [["install"], ["install", "2.0-1", "2.0-1"], ["install", "1.0-1", "2.0-1"]])
def test_evidence_that_was_kept_is_no_reason_to_refuse_a_package_that_comes_back(host: Host, arguments: list[str]) -> None:
    """After a purge there is no stamp; after a removal nothing that could write one, and the last version read the store."""
    host.write("/var/lib/decnet/store/decnet.db", "")
    assert host.run("preinst", *arguments).returncode == 0


def test_an_upgrade_of_a_host_without_a_store_is_taken(host: Host) -> None:
    assert host.run("preinst", "upgrade", "1.0-1", "2.0-1").returncode == 0


def test_who_insists_gets_the_older_version(host: Host) -> None:
    host.write("/var/lib/decnet-package/schema.json", '{"schema": 7}')
    assert host.run("preinst", "upgrade", "3.0-1", "2.0-1", DECNET_FORCE_UPGRADE="1").returncode == 0
    host.write("/etc/decnet/package.conf", "# comment\nDECNET_FORCE_UPGRADE=no\nDECNET_FORCE_UPGRADE=yes\n")
    assert host.run("preinst", "upgrade", "3.0-1", "2.0-1").returncode == 0
    host.write("/etc/decnet/package.conf", "#DECNET_FORCE_UPGRADE=yes\n")
    assert host.run("preinst", "upgrade", "3.0-1", "2.0-1").returncode == 1


def test_a_reconfiguration_is_no_upgrade(host: Host) -> None:
    """dpkg-reconfigure calls the script with the version that is there; a real upgrade in such a shell is still guarded."""
    host.write("/var/lib/decnet-package/schema.json", '{"schema": 7}')
    assert host.run("preinst", "upgrade", "2.0-1", DEBCONF_RECONFIGURE="1").returncode == 0
    assert host.run("preinst", "upgrade", "3.0-1", DEBCONF_RECONFIGURE="1").returncode == 1


@pytest.mark.parametrize("folder", ["/var/lib/decnet/store", "/var/lib/decnet-package", "/var/lib/decnet-package/backups"])
def test_an_upgrade_without_room_for_the_backup_is_refused(host: Host, folder: str) -> None:
    """A df that reports one full disk stands in front of the real one; copies go beside the store, and to the backups."""
    full_disk = host.root / folder.lstrip("/")
    full_disk.mkdir(exist_ok=True)
    host.write("bin/df", FULL_DISK.format(folder=full_disk)).chmod(0o755)
    host.write("/var/lib/decnet/store/decnet.db", "x" * 8192)
    host.write("/var/lib/decnet-package/schema.json", '{"schema": 1}')
    path = f"{host.root}/bin:/usr/bin:/bin"
    finished = host.run("preinst", "upgrade", "1.0-1", "2.0-1", PATH=path)
    assert finished.returncode == 1
    assert f"1 KiB are free in {full_disk}." in finished.stderr
    # what was refused is still to be installed, and "apt-get -f install" finds nothing to fix
    assert "then run: apt-get install decnet\n" in finished.stderr
    host.write("/etc/decnet/package.conf", "DECNET_SKIP_BACKUP=yes\n")
    assert host.run("preinst", "upgrade", "1.0-1", "2.0-1", PATH=path).returncode == 0


def test_an_upgrade_with_room_for_the_backup_is_taken(host: Host) -> None:
    host.write("/var/lib/decnet/store/decnet.db", "x" * 8192)
    host.write("/var/lib/decnet-package/schema.json", '{"schema": 1}')
    finished = host.run("preinst", "upgrade", "1.0-1", "2.0-1")
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("name", ["decnet.db", "decnet.db-wal"])
def test_a_store_with_holes_is_as_long_as_the_configurator_takes_it(host: Host, name: str) -> None:
    """Who writes the store makes it as long as they like; that has to be refused before anything is unpacked, or not at all."""
    host.write("/var/lib/decnet-package/schema.json", '{"schema": 1}')
    host.write("/var/lib/decnet/store/decnet.db", "x")
    with host.write(f"/var/lib/decnet/store/{name}", "x").open("r+b") as file:
        file.truncate(1 << 42)
    with pytest.raises(InvalidError):
        check_room(install_host.of(host.root, {}))
    finished = host.run("preinst", "upgrade", "1.0-1", "2.0-1")
    assert finished.returncode == 1
    assert int(finished.stderr.partition(" has ")[2].split()[0]) in range(1 << 32, (1 << 32) + 100)


@pytest.mark.parametrize(("call", "is_noted"), [("install", True), ("upgrade", False)])
def test_an_installation_is_noted_for_postinst(host: Host, call: str, is_noted: bool) -> None:  # noqa: FBT001 - a parameter
    assert host.run("preinst", call, "1.0-1", "2.0-1").returncode == 0
    assert host.has("/run/decnet-installed") is is_noted


@pytest.mark.parametrize("call", ["abort-install", "disappear"])
def test_no_gate_is_left_where_no_package_is(host: Host, call: str) -> None:
    host.write("/run/decnet-upgrade.lock", "decnet-ingester.service\n")
    assert host.run("postrm", call, "1.0-1", "2.0-1").returncode == 0
    assert not host.has("/run/decnet-upgrade.lock")


@pytest.mark.parametrize(
    ("name", "call"),
    [("postrm", "upgrade"), ("postrm", "failed-upgrade"), ("postrm", "abort-upgrade"), ("preinst", "abort-upgrade")],
)
def test_the_gate_with_its_list_is_left_to_postinst(host: Host, name: str, call: str) -> None:
    """It names what has to start again; a postinst comes after each of these, the new one or the old one's abort-upgrade."""
    host.write("/run/decnet-upgrade.lock", "decnet-ingester.service\n")
    assert host.run(name, call, "1.0-1", "2.0-1").returncode == 0
    assert host.has("/run/decnet-upgrade.lock")


def full(host: Host) -> None:
    """Fill a host with what an installation that ran leaves."""
    drop_in = host.write("/etc/systemd/system/decnet-bus.service.d/10-decnet-identity.conf", "User=decnet\n")
    edited = host.write("/etc/logrotate.d/decnet", "edited by somebody\n")
    lines = host.write("/etc/sysusers.d/decnet.conf", "g decnet\n")
    link = host.root / "etc/systemd/system/decnet.target.wants/decnet-master.target"
    link.parent.mkdir(parents=True)
    link.symlink_to("/usr/lib/systemd/system/decnet-master.target")
    target = hashlib.sha256(bytes(link.readlink())).hexdigest()
    outside = host.write("/home/precious", "")
    sums = {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in (drop_in, lines, outside)}
    host.write(
        "/var/lib/decnet-package/manifest",
        f"{sums[drop_in]} 0644 {drop_in}\n{sums[lines]} 0644 {lines}\n{'0' * 64} 0644 {edited}\n{target} link {link}\n"
        f"{sums[outside]} 0644 {outside}\n{sums[outside]} 0644 {host.root}/etc/../home/precious\n",
    )
    for path in ("/etc/decnet/config.ini.d/90-local.ini", "/var/log/decnet/decnet.bus.log", "/run/decnet/bus.sock"):
        host.write(path, "")
    for path in ("store/decnet.db", "spool/here/decoys/1", "blobs/aa", "agent/state", "stopped/bus"):
        host.write(f"/var/lib/decnet/{path}", "")
    for path in ("secrets/store.key", "backups/000001-before-1/decnet.db", "applied", "schema.json"):
        host.write(f"/var/lib/decnet-package/{path}", "")


def test_removal_leaves_everything_but_what_runs(host: Host) -> None:
    full(host)
    assert host.run("postrm", "remove").returncode == 0
    assert not host.has("/run/decnet")
    for path in (
        "/etc/decnet/config.ini.d/90-local.ini",
        "/var/lib/decnet/store/decnet.db",
        "/var/log/decnet",
        "/etc/logrotate.d/decnet",
    ):
        assert host.has(path), path


def test_purging_leaves_evidence_with_its_keys(host: Host) -> None:
    """Without debconf nobody agreed to lose evidence; configuration goes, be it edited, as Debian Policy has it."""
    full(host)
    host.write("/etc/logrotate.d/decnet.decnet-new", "ours\n")
    finished = host.run("postrm", "purge")
    assert finished.returncode == 0
    left = {str(path.relative_to(host.root)) for path in host.root.rglob("*") if path.is_file() or path.is_symlink()}
    assert left - {"scripts/postrm"} == {
        "home/precious",
        "var/lib/decnet/store/decnet.db",
        "var/lib/decnet/spool/here/decoys/1",
        "var/lib/decnet/blobs/aa",
        "var/lib/decnet-package/secrets/store.key",
    }
    assert f"the evidence is kept in {host.root}/var/lib/decnet\n" in finished.stderr
    assert f"are kept in {host.root}/var/lib/decnet-package/secrets" in finished.stderr
    assert not host.has("/etc/systemd/system/decnet-bus.service.d")
    assert not host.has("/etc/systemd/system/decnet.target.wants")
    assert host.has("/etc/sysusers.d"), "an empty folder of another package"


@pytest.mark.parametrize("folder", ["/var/lib/decnet/store", "/var/lib/decnet"])
def test_purging_keeps_the_keys_of_evidence_that_is_not_seen(host: Host, folder: str) -> None:
    """Its disk is not mounted at the moment, or it never was there; the backups are the only copy that is left, then."""
    host.write("/var/lib/decnet-package/secrets/store.key", "")
    backup = host.write("/var/lib/decnet-package/backups/000001-before-1/decnet.db", "")
    host.write("/var/lib/decnet-package/applied", "")
    (host.root / "var/lib/decnet/store").rmdir()
    (host.root / folder.lstrip("/")).mkdir(exist_ok=True)
    finished = host.run("postrm", "purge")
    assert finished.returncode == 0
    assert host.has("/var/lib/decnet-package/secrets/store.key")
    assert backup.exists()
    assert not host.has("/var/lib/decnet-package/applied")
    assert f"once there is none: rm -r {host.root}/var/lib/decnet-package\n" in finished.stderr
    assert "the evidence is kept" not in finished.stderr


def test_purging_ends_the_memberships_that_were_made(host: Host) -> None:
    """An account of the same name, made by the next installation, would have them: "docker" is as good as root."""
    log = host.root / "log"
    program = host.write("/bin/gpasswd", f'#!/bin/sh\necho "$*" >>{log}\n')
    program.chmod(0o755)
    applied = "created decnet\njoined decnet docker\njoined decnet; reboot\njoined honey secops\n"
    host.write("/var/lib/decnet-package/applied", applied)
    assert host.run("postrm", "purge", PATH=f"{host.root}/bin:/usr/bin:/bin").returncode == 0
    assert log.read_text().splitlines() == ["--delete decnet docker", "--delete honey secops"]


@pytest.fixture
def disk(host: Host, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Mount a disk, with a file, on a folder of the host."""
    folder = host.root / request.param
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], check=True)
    try:
        (folder / "cache").mkdir()
        (folder / "cache/file").touch()
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.root
@pytest.mark.parametrize("disk", ["var/log/decnet", "var/lib/decnet", "etc/decnet"], indirect=True)
def test_purging_empties_the_disk_that_is_mounted_on_a_folder(host: Host, disk: Path) -> None:
    finished = host.run("postrm", "purge")
    assert finished.returncode == 0
    assert list(disk.iterdir()) == []
    assert f"{disk} is empty and stays: a disk is mounted there. To mend it: umount it, then rm -r {disk}\n" in finished.stderr
    assert "evidence is kept" not in finished.stderr


@pytest.mark.root
@pytest.mark.parametrize("disk", ["var/lib/decnet/store", "var/lib/decnet/blobs", "var/lib/decnet/spool"], indirect=True)
def test_purging_leaves_the_evidence_on_a_disk_of_its_own(host: Host, disk: Path) -> None:
    """Nobody agreed to lose it."""
    finished = host.run("postrm", "purge")
    assert finished.returncode == 0
    assert (disk / "cache/file").exists()
    assert f"the evidence is kept in {host.root}/var/lib/decnet\n" in finished.stderr


@pytest.mark.parametrize(("is_known", "left"), [(False, set()), (True, {"polkit-1", "polkit-1/rules.d"})])
def test_purging_takes_the_folder_of_polkit_where_no_polkitd_owns_it(host: Host, is_known: bool, left: set[str]) -> None:  # noqa: FBT001 - a parameter
    rule = host.write("/etc/polkit-1/rules.d/50-decnet-workers.rules", "")
    host.write("/var/lib/decnet-package/manifest", f"{'0' * 64} 0644 {rule}\n")
    host.write("/bin/dpkg-query", f"#!/bin/sh\nexit {0 if is_known else 1}\n").chmod(0o755)
    assert host.run("postrm", "purge", PATH=f"{host.root}/bin:/usr/bin:/bin").returncode == 0
    etc = host.root / "etc"
    assert {str(path.relative_to(etc)) for path in etc.rglob("*")} == left


def test_purging_leaves_the_rules_of_others(host: Host) -> None:
    rule = host.write("/etc/polkit-1/rules.d/50-decnet-workers.rules", "")
    other = host.write("/etc/polkit-1/rules.d/10-other.rules", "")
    host.write("/var/lib/decnet-package/manifest", f"{'0' * 64} 0644 {rule}\n")
    assert host.run("postrm", "purge").returncode == 0
    assert (rule.exists(), other.exists()) == (False, True)


def test_purging_takes_no_folder_that_stands_where_a_file_of_ours_was(host: Host) -> None:
    mine = host.write("/etc/logrotate.d/decnet/mine", "")
    host.write("/var/lib/decnet-package/manifest", f"{'0' * 64} 0644 {mine.parent}\n")
    assert host.run("postrm", "purge").returncode == 0
    assert mine.exists()


def test_purging_twice_and_purging_nothing_work(host: Host) -> None:
    assert host.run("postrm", "purge").returncode == 0
    assert not any(host.has(folder) for folder in FOLDERS)
    assert not host.has("/var/lib/decnet-package")
    finished = host.run("postrm", "purge")
    assert (finished.returncode, finished.stderr) == (0, "")


def test_templates_are_translated_whole() -> None:
    """To German at least; debconf-updatepo has been run when the templates were changed."""
    translation = (ROOT / "debian/po/de.po").read_text(encoding="utf-8")
    checked = subprocess.run(
        ["msgfmt", "--check", "--statistics", "--output-file=/dev/null", "debian/po/de.po"],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    assert re.fullmatch(r"\d+ translated messages\.\n", checked.stderr), checked.stderr
    texts = re.findall(r'^msgid "([^"\n]+)"$', (ROOT / "debian/po/templates.pot").read_text(), re.MULTILINE)
    assert texts
    expect_none([text for text in texts if f'msgid "{text}"' not in translation])


def test_no_question_but_the_one_of_the_purge_has_a_default_of_debconf() -> None:
    """Debconf answers with it where the input has ended, which is no answer; config gives them theirs."""
    templates = (ROOT / "debian/decnet.templates").read_text(encoding="utf-8")
    found = re.findall(
        r"^Template: decnet/([a-z-]+)\nType: (?!error)\w+\n(?:Choices: .*\n)?(?:Default: (.*)\n)?", templates, re.MULTILINE
    )
    assert [row for row in found if row[1]] == [("purge-evidence", "false")]
    names = [name for name, default in found if not default]
    assert re.findall(r"^\tload decnet/([a-z-]+) ", script("config"), re.MULTILINE) == names
    assert re.findall(r'^QUESTIONS="(.*)"$', script("config"), re.MULTILINE) == [" ".join(names)]
    assert {*re.findall(r"db_input \w+ decnet/([a-z-]+)", script("config"))} == {*names, "error-identity"}
