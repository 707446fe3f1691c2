# SPDX-License-Identifier: MIT
"""``decnet init`` from a checkout in somebody's home: refused with what mends it, installed, attacked, taken away."""

import json
import shutil
from pathlib import Path

import pytest

from decnet.catalog import SERVICES
from decnet.install.render import unit_of
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.program import Finished
from tests.support.machines import Machines
from tests.support.packages import Package
from tests.support.sources import ROOT, files

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

CHECKOUT = "/home/ops/decnet"
VENV = f"{CHECKOUT}/.venv"
INIT = ("--install-dir", CHECKOUT, "--user", "honey", "--group", "secops")
SEEN_AT, PACKAGE_AT = "/srv/checkout", "/srv/package"
VENDOR = "decnet/web/static/vendor"
PASSWORD = "welcome1"
FLEET = f"[fleet]\nname = home\n\n[decoy web01]\narchetype = web-server\n\n[decoy web01/ssh]\naccounts = root:{PASSWORD}\n"
SSH = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
# what "pip install --editable" makes of a checkout, without pip and without a network: the libraries are those of the package
ENVIRONMENT = f"""\
set -e
cp -r {SEEN_AT} {CHECKOUT}
/usr/bin/python3 -m venv --without-pip {VENV}
there=$(echo {PACKAGE_AT}/opt/decnet/lib/python3*/site-packages) here=$(echo {VENV}/lib/python3*/site-packages)
cp -r "$there/." "$here"
rm -r "$here/decnet" "$here"/decnet-*.dist-info
echo {CHECKOUT} >"$here/decnet.pth"
printf '#!%s\\nimport sys\\nfrom decnet.cli.main import main\\nsys.exit(main())\\n' {VENV}/bin/python >{VENV}/bin/decnet
chmod 755 {VENV}/bin/decnet
"""
# everything of ours but the checkout, and what was written anywhere but there
OURS = "find / -xdev -iname '*decnet*' -not -path '/proc/*' -not -path '/srv/*' -not -path '/home/ops/*' | sort"
WRITTEN = "find /etc /usr /opt /var -xdev -newer /srv/stamp -not -path '/var/log/*' -not -path /etc | sort"


def decnet(machine: Machine, *arguments: str, check: bool = True, deadline_seconds: float = 120) -> Finished:
    """Run the checkout's decnet as root."""
    return machine.run([f"{VENV}/bin/decnet", *arguments], check=check, deadline_seconds=deadline_seconds)


def states(listed: Finished) -> set[str]:
    """Return the states of a checklist."""
    return {line[:6] for line in listed.stdout.splitlines()}


def refusal(machine: Machine, *arguments: str) -> str:
    """Let ``init`` refuse with nothing written; return what it said."""
    machine.run(["touch", "/srv/stamp"])
    refused = decnet(machine, "init", *arguments, check=False)
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert machine.output("sh", "-c", WRITTEN) == ""
    assert "to mend it: " in refused.stderr
    return refused.stderr


def mended_by(said: str) -> str:
    """Return the command that a refusal names."""
    return said.partition("to mend it: ")[2].splitlines()[0]


@pytest.fixture
def home(machine: Machines, suite: str, package: Package, tmp_path: Path) -> Machine:
    """Give a machine on which ops has a checkout and an environment for it in a home that is closed to others."""
    folder = tmp_path / "checkout"
    for path in files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    folder.chmod(0o755)
    package.root.chmod(0o755)
    binds = {folder: SEEN_AT, package.root: PACKAGE_AT, package.file.parent: "/srv/dist", ROOT / VENDOR: "/srv/vendor"}
    booted = machine(suite=suite, binds=binds)
    booted.run(["useradd", "--create-home", "--shell", "/bin/bash", "ops"])
    booted.run(["sh", "-c", ENVIRONMENT], user="ops", deadline_seconds=120)
    booted.run(["chmod", "0700", "/home/ops"])
    return booted


def refuse_what_no_service_could_run(home: Machine) -> None:
    """Each refusal names the command; the home, a file, and an interpreter of the user's own."""
    said = refusal(home, *INIT)
    assert "cannot enter /home/ops" in said
    assert mended_by(said) == "chmod o+x /home/ops"
    home.run(["sh", "-c", mended_by(said)])

    home.run(["chmod", "0600", f"{CHECKOUT}/decnet/engine/report.py"])
    said = refusal(home, *INIT)
    assert f"cannot run the programs in {VENV}" in said
    home.run(["sh", "-c", mended_by(said)])

    own = "/home/ops/.pyenv/versions/3/bin/python3"
    home.run(["sh", "-c", f"mkdir -p $(dirname {own}) && cp -L /usr/bin/python3 {own}"], user="ops")
    home.run(["sh", "-c", f"cp -r {VENV} {CHECKOUT}/.own && ln -sf {own} {CHECKOUT}/.own/bin/python3"], user="ops")
    said = refusal(home, *INIT, "--venv-dir", f"{CHECKOUT}/.own")
    assert f"runs {own}" in said
    assert mended_by(said).startswith("make it anew with that of the system: /usr/bin/python3 -m venv --clear")

    said = refusal(home, "--install-dir", "/opt/decnet", "--venv-dir", VENV)
    assert f"are those of {CHECKOUT}" in said
    assert mended_by(said).startswith(f"decnet init --install-dir {CHECKOUT}")
    assert "no absolute path" in refusal(home, "--install-dir", "decnet")

    said = refusal(home, *INIT)
    assert f"the dashboard lacks {CHECKOUT}/{VENDOR}" in said
    assert mended_by(said) == "in the checkout: scripts/assets"
    # which needs a network
    home.run(["cp", "-r", "/srv/vendor", f"{CHECKOUT}/{VENDOR}"], user="ops")


def attack(home: Machine) -> None:
    """Log in as an attacker does, and see what he typed in the evidence."""
    told = home.run([f"{VENV}/bin/decnet", "deploy", "-", "--yes"], stdin=FLEET)
    assert "22 is 20022" in told.stderr
    (decoy,) = (json.loads(line) for line in decnet(home, "status", "--format", "json").stdout.splitlines())
    ssh = next(lure for lure in decoy["lures"] if lure["name"] == "ssh")
    assert ssh["port"] == 20022
    login = ["sshpass", "-p", PASSWORD, "ssh", *SSH, "-p", str(ssh["port"]), f"root@{ssh['address']}", "echo seen-it"]
    assert home.output(*login) == "seen-it"
    home.wait_until(["sh", "-c", f"{VENV}/bin/decnet evidence list --format json --kind command | grep -q seen-it"])


def expect_well(home: Machine) -> dict[str, str]:
    """See every service well, as the account of its row; return the processes."""
    home.wait_until([f"{VENV}/bin/decnet", "services"])
    assert home.failed_units() == []
    found = {}
    for row in SERVICES:
        shown = home.output("systemctl", "show", "--property=MainPID,User,Group,FragmentPath,DropInPaths", unit_of(row))
        fields = dict(line.split("=", 1) for line in shown.splitlines())
        found[row.name] = fields.pop("MainPID")
        account = f"honey-{row.account}" if row.account else "honey"
        group = f"honey-{row.account}" if row.account else "secops"
        path = f"/etc/systemd/system/{unit_of(row)}"
        assert fields == {"User": account, "Group": group, "FragmentPath": path, "DropInPaths": ""}
        assert home.output("ps", "-o", "user:32=", "-p", found[row.name]) == account
    doctor = decnet(home, "doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout
    return found


def test_a_checkout_in_a_home_is_installed_attacked_and_taken_away(home: Machine, package: Package) -> None:
    refuse_what_no_service_could_run(home)
    before = home.output("sh", "-c", OURS)
    home.run(["touch", "/srv/stamp"])
    assert states(decnet(home, "init", *INIT, "--dry-run")) == {"[PLAN]"}
    assert home.output("sh", "-c", WRITTEN) == ""
    assert home.run(["getent", "passwd", "honey"], check=False).returncode == 2

    assert states(decnet(home, "init", *INIT)) == {"[ OK ]"}
    assert home.output("systemctl", "show", "--value", "--property=ProtectHome", "decnet-decoys") == "tmpfs"
    expect_well(home)
    attack(home)

    processes = expect_well(home)
    home.run(["touch", "/srv/stamp"])
    assert states(decnet(home, "init", *INIT)) == {"[SKIP]"}
    assert home.output("sh", "-c", f"{WRITTEN} | grep -v '^/var/lib/decnet/'; true") == ""
    assert expect_well(home) == processes
    home.reboot()
    expect_well(home)

    take_away(home, before)
    home.install(package.file)
    refused = decnet(home, "init", *INIT, check=False)
    assert refused.returncode == 1
    assert "a package installed decnet here" in refused.stderr
    assert mended_by(refused.stderr) == "decnet configure"


def take_away(home: Machine, before: str) -> None:
    """Take it away step by step: what stays is what the page names, and nothing else."""
    assert states(decnet(home, "init", "--install-dir", CHECKOUT, "--deinit")) == {"[ OK ]"}
    for listing in ("list-unit-files", "list-units"):
        assert home.run(["systemctl", listing, "--all", "--no-legend", "decnet*"], check=False).stdout == "", listing
    assert home.run(["pgrep", "-u", "honey,honey-decoys"], check=False).stdout == ""
    for path in ("/etc/decnet/package.conf", "/etc/decnet/config.ini", "/var/lib/decnet/store/decnet.db", "/var/log/decnet"):
        home.run(["test", "-e", path])

    decnet(home, "init", "--install-dir", CHECKOUT, "--deinit", "--purge")
    left = set(home.output("sh", "-c", OURS).splitlines()) - set(before.splitlines())
    assert left == {"/var/lib/decnet", "/var/lib/decnet-package", "/var/lib/decnet/store/decnet.db"} | {
        path for path in left if path.startswith(("/var/lib/decnet/store/", "/var/lib/decnet/spool/", "/var/lib/decnet/blobs/"))
    }
    assert home.output("ls", "/var/lib/decnet").split() == ["spool", "store"]
    assert home.output("ls", "/var/lib/decnet-package") == "secrets"
    for account in ("honey", "honey-decoys", "honey-netns"):
        assert home.output("passwd", "--status", account).split()[1] == "L"

    decnet(home, "init", "--install-dir", CHECKOUT, "--deinit", "--purge", "--purge-evidence", "--yes")
    assert home.output("sh", "-c", OURS) == before
    owned = home.output("find", "/", "-xdev", "(", "-group", "secops", "-o", "-user", "honey", ")", "-not", "-path", "/proc/*")
    assert owned == ""
