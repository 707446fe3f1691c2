# SPDX-License-Identifier: MIT
"""From an identity to files: no other identity in any of them, nothing left to chance."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from decnet.catalog import SERVICES, Role, Service
from decnet.errors import ConfigError
from decnet.install.identity import Identity
from decnet.install.render import VERBS, RenderedFile, rendered, unit_of, vendor
from decnet.paths import TEMPLATES

HONEY = Identity(user="honey", group="secops", role=Role.AGENT, docker=True, host_name="edge")
OURS = {"honey", "secops", "honey-decoys", "honey-netns", "root", "docker", "", "-"}
ETC_UNITS = "/etc/systemd/system"


def by_path(files: tuple[RenderedFile, ...]) -> dict[str, RenderedFile]:
    """Return files by their path; two of one path would be a mistake."""
    found = {str(file.path): file for file in files}
    assert len(found) == len(files)
    return found


def names_in(file: RenderedFile) -> Iterator[str]:
    """Yield every account and group that a file names where one is meant."""
    text = file.text
    for line in re.findall(r"^(?:User|Group|SupplementaryGroups)=(.*)$", text, re.MULTILINE):
        yield from line.split() or [""]
    if file.path.parent.name in {"tmpfiles.d", "sysusers.d"}:
        for row in (line.split() for line in text.splitlines() if line[:1].isalpha()):
            yield from (row[3:5] if file.path.parent.name == "tmpfiles.d" else row[1:2] + row[2:3] * (row[0] == "m"))
    for row in re.findall(r"^\s*create \S+ (\S+) (\S+)$", text, re.MULTILINE):
        yield from row
    yield from re.findall(r'isInGroup\("(.*?)"\)', text)


@pytest.mark.parametrize("complete", [False, True])
def test_no_file_names_another_identity(*, complete: bool) -> None:
    files = rendered(HONEY, complete=complete)
    named = {name for file in files for name in names_in(file)}
    assert named <= OURS
    assert named >= {"honey", "secops", "honey-decoys", "honey-netns"}


def test_package_files_have_the_default_identity() -> None:
    named = {name for file in vendor() for name in names_in(file)}
    assert named <= {"decnet", "decnet-decoys", "decnet-netns", "root", "", "-"}


def test_configurator_of_a_package_renders_drop_ins_and_no_units() -> None:
    files = by_path(rendered(Identity(), complete=False))
    assert set(files) == {
        *(f"{ETC_UNITS}/{unit_of(service)}.d/10-decnet-identity.conf" for service in SERVICES),
        f"{ETC_UNITS}/decnet.target.wants/decnet-master.target",
        "/etc/sysusers.d/decnet.conf",
        "/etc/tmpfiles.d/decnet.conf",
        "/etc/polkit-1/rules.d/50-decnet-workers.rules",
        "/etc/logrotate.d/decnet",
        "/etc/decnet/config.ini.d/10-decnet-identity.ini",
    }
    assert files[f"{ETC_UNITS}/decnet.target.wants/decnet-master.target"].link == "/usr/lib/systemd/system/decnet-master.target"
    assert {file.mode for file in files.values()} == {0o644}


def test_without_a_package_every_unit_is_rendered_with_the_identity_in_it() -> None:
    files = by_path(rendered(HONEY, complete=True))
    drop_ins = {f"{ETC_UNITS}/{unit_of(service)}.d/10-decnet-identity.conf" for service in SERVICES}
    assert set(by_path(rendered(HONEY, complete=False))) - drop_ins < set(files)
    assert drop_ins.isdisjoint(files)
    for name in ("decnet.target", "decnet-master.target", "decnet-agent.target", *map(unit_of, SERVICES)):
        assert files[f"{ETC_UNITS}/{name}"].text
    assert files[f"{ETC_UNITS}/decnet.target.wants/decnet-agent.target"].link == f"{ETC_UNITS}/decnet-agent.target"


def test_each_drop_in_gives_one_unit_its_account() -> None:
    """A unit of the site called decnet-something is none of ours: nothing that we write may reach it."""
    package, host = by_path(vendor()), by_path(rendered(HONEY, complete=False))
    for service in SERVICES:
        end = f"-{service.account}" if service.account else ""
        assert f"User=decnet{end}\n" in package[f"/usr/lib/systemd/system/{unit_of(service)}"].text
        assert f"User=honey{end}\n" in host[f"{ETC_UNITS}/{unit_of(service)}.d/10-decnet-identity.conf"].text
    folders = {PurePosixPath(path).parent.name for path in {**package, **host} if ".d/" in path and "/systemd/system/" in path}
    assert folders == {f"{unit_of(service)}.d" for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_docker_is_given_by_a_drop_in_to_those_that_may_have_it_and_only_when_asked(service: Service) -> None:
    path = f"{ETC_UNITS}/{unit_of(service)}.d/20-docker.conf"
    assert path not in by_path(rendered(replace(HONEY, docker=False), complete=False))
    files = by_path(rendered(HONEY, complete=False))
    assert (path in files) == service.docker
    if service.docker:
        assert "SupplementaryGroups=docker\n" in files[path].text
        assert "Environment=DOCKER_CONFIG=/var/lib/decnet/agent/docker\n" in files[path].text
        assert "Environment=BUILDX_CONFIG=/var/lib/decnet/agent/buildx\n" in files[path].text
    assert "docker.sock" not in by_path(vendor())[f"/usr/lib/systemd/system/{unit_of(service)}"].text


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_unit_says_what_the_row_says(service: Service) -> None:
    text = by_path(vendor())[f"/usr/lib/systemd/system/{unit_of(service)}"].text
    assert f"ExecStart=/opt/decnet/bin/decnet {service.name}\n" in text
    assert f"ConditionPathExists=!/var/lib/decnet/stopped/{service.name}\n" in text
    assert f"Documentation=man:decnet-{service.name}(8)" in text
    assert re.findall(r"^WantedBy=(.*)$", text, re.MULTILINE) == [f"decnet-{role}.target" for role in service.roles]
    assert f"AmbientCapabilities={' '.join(service.capabilities)}\n" in text
    assert f"CapabilityBoundingSet={' '.join(service.capabilities)}\n" in text
    assert ("ExecCondition=/usr/bin/test ! -e /run/decnet-upgrade.lock\n" in text) == service.opens_store
    assert ("BindReadOnlyPaths=-/run/decnet-upgrade.lock\n" in text) == service.opens_store
    assert re.findall(r"^LoadCredential=(.*?):", text, re.MULTILINE) == list(service.keys)
    assert ("Environment=DECNET_PATHS_SECRETS=%d\n" in text) == bool(service.keys)
    for other in service.after:
        assert f"After=decnet-{other}.service\n" in text
        assert f"Wants=decnet-{other}.service\n" not in text, "it would start what the operator stopped"
    for relaxation in service.relaxes:
        assert f"# {relaxation.reason}\n{relaxation.directive}={relaxation.value}\n" in text


def test_no_unit_may_start_what_lies_below_a_folder_of_programs() -> None:
    """/usr/lib has shells of its own, such as that of klibc; its folders of libraries are named one by one."""
    files = [file for file in rendered(HONEY, complete=True) if file.path.suffix == ".service"]
    lines = [line for file in files for line in re.findall(r"^ExecPaths=(.+)$", file.text, re.MULTILINE)]
    folders = {path.removeprefix("-") for line in lines for path in line.split()}
    assert folders & {"/usr/lib/x86_64-linux-gnu", "/opt/decnet"}
    assert not folders & {"/", "/usr", "/usr/lib", "/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/local"}


def test_decoys_see_their_own_spool_and_the_hand_over_and_nothing_else_of_ours() -> None:
    text = by_path(rendered(HONEY, complete=True))[f"{ETC_UNITS}/decnet-decoys.service"].text
    assert "TemporaryFileSystem=/run:ro\nTemporaryFileSystem=/var/lib:ro\n" in text
    assert re.findall(r"^BindPaths=(.*)$", text, re.MULTILINE) == ["/var/lib/decnet/spool/edge/decoys"]
    assert re.findall(r"^BindReadOnlyPaths=(.*)$", text, re.MULTILINE) == ["/run/systemd/notify", "/run/decnet-handover"]


def test_name_of_the_host_follows_the_machine_unless_one_is_given() -> None:
    assert "d /var/lib/decnet/spool/%l/decoys 2750" in by_path(vendor())["/usr/lib/tmpfiles.d/decnet.conf"].text
    files = by_path(rendered(HONEY, complete=False))
    assert "d /var/lib/decnet/spool/edge/decoys 2750 honey-decoys secops" in files["/etc/tmpfiles.d/decnet.conf"].text
    ini = files["/etc/decnet/config.ini.d/10-decnet-identity.ini"].text
    assert "[host]\nrole = agent\nname = edge\n" in ini


def test_programs_in_a_home_folder_are_seen_and_the_rest_of_it_is_not() -> None:
    checkout = PurePosixPath("/home/ada/decnet")
    identity = Identity(install_dir=checkout, venv_dir=checkout / ".venv")
    for service in SERVICES:
        text = by_path(rendered(identity, complete=True))[f"{ETC_UNITS}/{unit_of(service)}"].text
        assert re.search(r"^ProtectHome=tmpfs\n#.*\nBindReadOnlyPaths=/home/ada/decnet\n(?!Bind)", text, re.MULTILINE)
        assert f"ExecStart=/home/ada/decnet/.venv/bin/decnet {service.name}\n" in text
        assert "ProtectHome=yes" not in text


@pytest.mark.parametrize("folder", ["/var/lib/programs", "/run/programs", "/tmp/programs"])
def test_programs_in_another_folder_that_a_unit_does_not_see_are_shown_to_it(folder: str) -> None:
    identity = Identity(install_dir=PurePosixPath(folder), venv_dir=PurePosixPath("/opt/venv"))
    for service in SERVICES:
        text = by_path(rendered(identity, complete=True))[f"{ETC_UNITS}/{unit_of(service)}"].text
        assert f"ProtectHome=yes\n# the programs are where a unit sees nothing else\nBindReadOnlyPaths={folder}\n" in text


def test_installed_folder_keeps_the_homes_shut() -> None:
    for path, file in by_path(rendered(Identity(), complete=True)).items():
        if path.endswith(".service"):
            assert "ProtectHome=yes\n" in file.text


def test_directive_that_goes_on_over_lines_is_not_broken() -> None:
    """Nothing follows a backslash but the line that it goes on with."""
    for file in (*vendor(), *rendered(HONEY, complete=True)):
        lines = file.text.splitlines()
        for line, following in zip(lines, [*lines, ""][1:], strict=True):
            assert not line.endswith("\\") or (following.startswith(" ") and "=" not in following.split()[0])


def test_polkit_names_every_service_and_every_verb_exactly() -> None:
    text = by_path(rendered(HONEY, complete=False))["/etc/polkit-1/rules.d/50-decnet-workers.rules"].text
    lists = {name: json.loads(value) for name, value in re.findall(r"var (\w+) = (\[.*\]);", text)}
    assert lists == {
        "units": [unit_of(service) for service in SERVICES],
        "verbs": list(VERBS),
        "alone": ["honey-decoys", "honey-netns"],
    }
    assert "RegExp" not in text


def test_missing_templates_are_told_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"not in {tmp_path}") as refusal:
        rendered(HONEY, complete=False, templates=tmp_path)
    assert refusal.value.remedy


def test_template_that_asks_for_what_there_is_not_is_an_error(tmp_path: Path) -> None:
    for template in TEMPLATES.iterdir():
        (tmp_path / template.name).write_text(template.read_text())
    (tmp_path / "tmpfiles.j2").write_text("{{ identity.nose }}\n")
    with pytest.raises(ConfigError, match=r"tmpfiles\.j2 cannot be rendered.*nose"):
        rendered(HONEY, complete=False, templates=tmp_path)


def test_configurator_needs_the_standard_library_and_jinja2_only() -> None:
    """It mends what is broken, so it must not stand on what can break."""
    program = (
        "import sys; import decnet.install.render, decnet.install.identity\n"
        "known = sys.stdlib_module_names | {'decnet', 'jinja2', 'markupsafe', '__main__'}\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} - known))\n"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    strangers = {name for name in json.loads(output.replace("'", '"')) if not name.startswith(("_", "sitecustomize"))}
    assert strangers == set()
