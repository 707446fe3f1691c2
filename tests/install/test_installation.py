# SPDX-License-Identifier: MIT
"""``decnet init`` installs what no package brought, refuses before it writes, and takes everything away again."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from decnet.catalog import SERVICES
from decnet.errors import DecnetError
from decnet.install import installation
from tests.support.images import Image, image

pytestmark = pytest.mark.root

IDENTITY = "etc/decnet/config.ini.d/10-decnet-identity.ini"


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a system that no package brought decnet to, with an environment in the usual place."""
    made = image(tmp_path / "root", packaged=False)
    environment(made, "opt/decnet/venv")
    return made


def environment(made: Image, folder: str) -> None:
    """Put a program called decnet into a folder."""
    path = made.root / folder / "bin/decnet"
    path.parent.mkdir(parents=True)
    path.touch()


def init(made: Image, *arguments: str, **variables: str) -> list[str]:
    """Run ``decnet init ARGUMENTS`` on a root and return its lines."""
    parser = ArgumentParser()
    installation.declare(parser)
    said: list[str] = []
    code = installation.carry_out(parser.parse_args(["--prefix", str(made.root), *arguments]), variables, said.append)
    assert code == 0
    return said


def refused(made: Image, *arguments: str, **variables: str) -> DecnetError:
    """Run ``decnet init ARGUMENTS``, which must be refused with nothing written; return the error."""
    before = made.everything()
    with pytest.raises(DecnetError) as raised:
        init(made, *arguments, **variables)
    assert raised.value.exit_code == 1
    assert made.everything() == before
    return raised.value


def unit(made: Image, name: str = "bus") -> str:
    """Return the text of a unit."""
    return made.text(f"etc/systemd/system/decnet-{name}.service")


def states(lines: list[str]) -> set[str]:
    """Return the states in a checklist."""
    return {line[:6] for line in lines}


def test_units_accounts_folders_and_rules_are_made(root: Image) -> None:
    lines = init(root)
    assert states(lines) == {"[ OK ]"}
    assert "ExecStart=/opt/decnet/venv/bin/decnet bus" in unit(root)
    assert (root.root / "etc/systemd/system/multi-user.target.wants/decnet.target").is_symlink()
    assert root.owners("var/lib/decnet/store") == ("decnet", "decnet")
    assert (root.root / "etc/polkit-1/rules.d/50-decnet-workers.rules").is_file()


def test_configure_keeps_the_units_of_an_installation(root: Image) -> None:
    init(root)
    root.run("set", "--group", "secops")
    assert "Group=secops" in unit(root)
    assert root.run("diff").stdout == ""


def test_package_that_comes_later_brings_its_own_units(root: Image) -> None:
    init(root)
    (root.root / "usr/lib/systemd/system/decnet-bus.service").touch()
    root.run("apply", "--reason", "postinst")
    assert not (root.root / "etc/systemd/system/decnet-bus.service").exists()
    assert root.run("diff").stdout == ""


def test_environment_that_the_services_cannot_enter_is_refused(root: Image) -> None:
    environment(root, "home/alice/decnet/.venv")
    (root.root / "home/alice").chmod(0o700)
    error = refused(root, "--install-dir", "/home/alice/decnet")
    assert error.remedy == f"chmod o+x {root.root}/home/alice"


@pytest.mark.parametrize("interpreter", ["/home/alice/.pyenv/versions/3.13/bin/python3.13", "/opt/python/bin/python3"])
def test_environment_with_an_interpreter_that_no_unit_may_run_is_refused(root: Image, interpreter: str) -> None:
    (root.root / "opt/decnet/venv/bin/python3").symlink_to(interpreter)
    (root.root / "opt/decnet/venv/bin/python").symlink_to("python3")
    error = refused(root)
    assert f"runs {interpreter}" in error.message
    assert "/usr/bin/python3 -m venv --clear /opt/decnet/venv" in error.remedy


def test_environment_with_the_interpreter_of_the_system_is_taken(root: Image) -> None:
    (root.root / "usr/bin").mkdir(exist_ok=True)
    (root.root / "usr/bin/python3").symlink_to("python3.13")
    (root.root / "opt/decnet/venv/bin/python").symlink_to("/usr/bin/python3")
    assert states(init(root)) == {"[ OK ]"}


def test_second_run_skips_every_point_and_writes_nothing(root: Image) -> None:
    init(root)
    before = root.times()
    assert states(init(root)) == {"[SKIP]"}
    assert root.times() == before


def test_user_and_group_reach_units_folders_and_rules(root: Image) -> None:
    init(root, "--user", "honey", "--group", "secops")
    assert "User=honey\nGroup=secops" in unit(root)
    assert "User=honey-decoys\nGroup=honey-decoys\n" in unit(root, "decoys")
    assert list((root.root / "etc/systemd/system").glob("decnet*.service.d")) == []
    assert 'isInGroup("secops")' in root.text("etc/polkit-1/rules.d/50-decnet-workers.rules")
    assert root.owners("run/decnet") == ("honey", "secops")


def test_dry_run_tells_the_plan_and_writes_nothing(root: Image) -> None:
    before = root.everything()
    assert "[PLAN]" in states(init(root, "--dry-run"))
    assert root.everything() == before


def test_other_install_dir_is_in_every_unit(root: Image) -> None:
    environment(root, "srv/decnet/.venv")
    init(root, "--install-dir", "/srv/decnet")
    for service in SERVICES:
        assert f"ExecStart=/srv/decnet/.venv/bin/decnet {service.name}\n" in unit(root, service.name)
    for path in (root.root / "etc/systemd/system").glob("decnet*.*"):
        assert path.is_dir() or "/opt/decnet" not in path.read_text(encoding="utf-8")


def test_relative_install_dir_is_refused(root: Image) -> None:
    assert "no absolute path" in refused(root, "--install-dir", "opt/decnet").message


def test_checkout_in_a_home_folder_stays_visible_to_the_units(root: Image) -> None:
    environment(root, "home/alice/decnet/.venv")
    init(root, "--install-dir", "/home/alice/decnet")
    assert "ProtectHome=tmpfs" in unit(root)
    assert "BindReadOnlyPaths=/home/alice/decnet" in unit(root)


def test_named_environment_counts_before_all_others(root: Image) -> None:
    environment(root, "srv/other")
    init(root, "--venv-dir", "/srv/other", VIRTUAL_ENV="/opt/decnet/venv")
    assert "ExecStart=/srv/other/bin/decnet bus" in unit(root)


@pytest.mark.parametrize("given", ["venv", "/srv/nothing"])
def test_named_environment_that_is_none_is_refused(root: Image, given: str) -> None:
    refused(root, "--venv-dir", given)


def test_active_environment_counts_when_it_belongs_to_the_installation(root: Image) -> None:
    environment(root, "opt/decnet/mine")
    init(root, VIRTUAL_ENV="/opt/decnet/mine")
    assert "ExecStart=/opt/decnet/mine/bin/decnet bus" in unit(root)


@pytest.mark.parametrize("active", ["/srv/other", "/opt/decnet/../../srv/other", "relative"])
def test_active_environment_of_something_else_is_not_taken(root: Image, active: str) -> None:
    environment(root, "srv/other")
    init(root, VIRTUAL_ENV=active)
    assert "ExecStart=/opt/decnet/venv/bin/decnet bus" in unit(root)


@pytest.mark.parametrize("name", [".venv", ".311", ".312", ".313"])
def test_usual_places_of_an_environment_are_found(root: Image, name: str) -> None:
    (root.root / "opt/decnet/venv/bin/decnet").unlink()
    environment(root, f"opt/decnet/{name}")
    init(root)
    assert f"ExecStart=/opt/decnet/{name}/bin/decnet bus" in unit(root)


def test_without_any_environment_nothing_is_written(root: Image) -> None:
    (root.root / "opt/decnet/venv/bin/decnet").unlink()
    error = refused(root)
    assert "nothing was written" in error.message
    assert "--venv-dir" in error.remedy


def test_missing_templates_are_refused_with_what_to_do(root: Image, tmp_path: Path) -> None:
    parser = ArgumentParser()
    installation.declare(parser)
    options = parser.parse_args(["--prefix", str(root.root)])
    before = root.everything()
    with pytest.raises(DecnetError, match="templates") as raised:
        installation.carry_out(options, {}, print, tmp_path / "nowhere")
    assert raised.value.remedy
    assert {path for path in root.everything() if path not in before} <= {"run/decnet-configure.lock"}


@pytest.mark.parametrize(
    "path", ["opt/decnet/share/decnet/build.json", "var/lib/dpkg/info/decnet.list", "usr/lib/systemd/system/decnet.target"]
)
def test_packaged_host_is_left_to_the_package(root: Image, path: str) -> None:
    (root.root / path).parent.mkdir(parents=True, exist_ok=True)
    (root.root / path).touch()
    assert refused(root).remedy == f"decnet configure --root {root.root}"


def test_what_is_taken_away_leaves_the_groups_that_it_joined(root: Image) -> None:
    init(root, "--group", "sudo")
    assert root.members("sudo") == "decnet"
    init(root, "--deinit")
    assert root.members("sudo") == ""
    init(root)
    assert root.members("sudo") == "decnet"


def test_evidence_is_not_given_up_by_a_word_that_is_not_heeded(root: Image) -> None:
    init(root)
    with pytest.raises(DecnetError, match="nothing was done"):
        init(root, "--deinit", "--purge-evidence")
    assert (root.root / "var/lib/decnet-package/applied").exists()


def test_image_whose_units_are_its_own_can_be_configured_after_they_were_taken_away(root: Image) -> None:
    init(root)
    root.run("unrender")
    assert not (root.root / "etc/systemd/system/decnet.target").exists()
    root.run("apply")
    assert (root.root / "etc/systemd/system/decnet.target").exists()


def test_unusable_name_is_refused(root: Image) -> None:
    before = root.everything()
    with pytest.raises(DecnetError, match="root"):
        init(root, "--user", "root")
    assert {path for path in root.everything() if path not in before} <= {"run/decnet-configure.lock"}


def test_edited_unit_is_kept_and_taken_with_force(root: Image) -> None:
    init(root)
    path = root.root / "etc/systemd/system/decnet-bus.service"
    path.write_text("# mine\n", encoding="utf-8")
    init(root)
    assert path.read_text(encoding="utf-8") == "# mine\n"
    init(root, "--force")
    assert "ExecStart" in path.read_text(encoding="utf-8")
    assert not path.with_name(f"{path.name}.decnet-new").exists()


def test_deinit_takes_units_and_rules_away_and_leaves_data_and_configuration(root: Image) -> None:
    init(root)
    (root.root / "var/lib/decnet/store/decnet.db").touch()
    init(root, "--deinit")
    left = [str(path.relative_to(root.root)) for path in (root.root / "etc").rglob("*decnet*")]
    assert sorted(left) == ["etc/decnet", "etc/decnet/config.ini.d"] or all(path.startswith("etc/decnet") for path in left)
    assert (root.root / "etc/decnet/package.conf").is_file()
    assert (root.root / "var/lib/decnet/store/decnet.db").is_file()


def test_deinit_keeps_what_was_edited(root: Image) -> None:
    init(root)
    path = root.root / IDENTITY
    path.write_text("# mine\n", encoding="utf-8")
    init(root, "--deinit")
    assert path.read_text(encoding="utf-8") == "# mine\n"


def test_purge_leaves_locked_accounts_and_evidence(root: Image) -> None:
    init(root)
    (root.root / "var/lib/decnet/store/decnet.db").touch()
    (root.root / "var/lib/decnet-package/secrets/store.key").touch()
    init(root, "--deinit", "--purge")
    left = {str(path.relative_to(root.root)) for path in root.root.rglob("*decnet*")}
    assert {path for path in left if not path.startswith("opt/")} == {
        "var/lib/decnet",
        "var/lib/decnet/store/decnet.db",
        "var/lib/decnet-package",
    }
    shadow = dict(line.split(":", 1) for line in root.text("etc/shadow").splitlines())
    assert shadow["decnet"].startswith("!")
    assert shadow["decnet"].split(":")[6] == "1"


def test_purge_takes_the_evidence_where_that_was_said(root: Image) -> None:
    init(root)
    (root.root / "var/lib/decnet/store/decnet.db").touch()
    error = refused(root, "--deinit", "--purge", "--purge-evidence")
    assert error.remedy.endswith("--deinit --purge --purge-evidence --yes")
    init(root, "--deinit", "--purge", "--purge-evidence", "--yes")
    assert not (root.root / "var/lib/decnet").exists()


@pytest.mark.parametrize("option", [("--no-start",), ("--user", "honey"), ("--group", "secops"), ("--role", "agent")])
def test_deinit_refuses_what_it_would_not_heed(root: Image, option: tuple[str, ...]) -> None:
    init(root)
    assert "--deinit does not take it" in refused(root, "--deinit", *option).message


def test_purge_without_deinit_is_refused(root: Image) -> None:
    refused(root, "--purge")


def test_deinit_of_nothing_skips(root: Image) -> None:
    assert states(init(root, "--deinit")) == {"[SKIP]"}


def test_step_that_fails_is_marked_and_ends_with_the_code_of_half_applied(root: Image) -> None:
    (root.root / "var/lib/decnet").touch()
    said: list[str] = []
    parser = ArgumentParser()
    installation.declare(parser)
    with pytest.raises(DecnetError, match="step folders") as raised:
        installation.carry_out(parser.parse_args(["--prefix", str(root.root)]), {}, said.append)
    assert raised.value.exit_code == 3
    assert said[-1].startswith("[FAIL] folders")
