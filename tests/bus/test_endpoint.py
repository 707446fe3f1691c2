# SPDX-License-Identifier: MIT
"""One path, one server: a living one is never robbed, a dead one's socket is replaced, and only the own one is removed."""

import grp
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from decnet.bus.endpoint import Endpoint
from decnet.errors import ConfigError, HostError, InUseError

NOBODY = 65534
HOLD = """
import sys
from pathlib import Path
from decnet.bus.endpoint import Endpoint
endpoint = Endpoint(Path(sys.argv[1]))
endpoint.open({})
print("listening", flush=True)
sys.stdin.read()
"""


def can_connect(path: Path) -> bool:
    """Tell whether somebody listens."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("replaced", [False, True])
def test_socket_that_somebody_removed_is_missed(tmp_path: Path, replaced: bool) -> None:  # noqa: FBT001 - a parameter
    path = tmp_path / "bus.sock"
    with Endpoint(path) as endpoint:
        endpoint.open({})
        endpoint.check()
        path.unlink()
        if replaced:
            path.touch()
        with pytest.raises(HostError, match="removed"):
            endpoint.check()


def test_socket_is_for_owner_and_group_only(tmp_path: Path) -> None:
    path = tmp_path / "run" / "bus.sock"
    with Endpoint(path) as endpoint:
        endpoint.open({})
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert can_connect(path)
    assert list(path.parent.iterdir()) == []


def test_socket_belongs_to_the_configured_group(tmp_path: Path) -> None:
    group = grp.getgrgid(os.getegid()).gr_name
    with Endpoint(tmp_path / "bus.sock", group) as endpoint:
        endpoint.open({})
        assert (tmp_path / "bus.sock").stat().st_gid == os.getegid()


def test_unknown_group_is_a_configuration_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no group 'no-such-group'"):
        Endpoint(tmp_path / "bus.sock", "no-such-group").open({})
    assert list(tmp_path.iterdir()) == []


def test_second_server_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    with Endpoint(path) as first:
        first.open({})
        inode = path.stat().st_ino
        with pytest.raises(InUseError, match="already listens") as caught:
            Endpoint(path).open({})
        assert f"fuser -v {path}" in caught.value.remedy
        assert path.stat().st_ino == inode
        assert can_connect(path)


def test_server_of_another_kind_is_not_robbed(tmp_path: Path) -> None:
    """Whoever listens without our lock, systemd for one, is found by connecting."""
    path = tmp_path / "bus.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(InUseError):
            Endpoint(path).open({})
        assert can_connect(path)


@pytest.mark.client
def test_socket_of_a_killed_server_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"listening\n"
        with pytest.raises(InUseError):
            Endpoint(path).open({})
        server.send_signal(signal.SIGKILL)
    assert path.is_socket()
    with Endpoint(path) as endpoint:
        endpoint.open({})
        assert can_connect(path)


@pytest.mark.client
def test_of_many_servers_that_start_at_once_one_lives(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(4)
    ]
    try:
        said = [server.stdout.readline() for server in servers if server.stdout is not None]
        assert sorted(said) == [b"", b"", b"", b"listening\n"]
        assert can_connect(path)
    finally:
        for server in servers:
            server.kill()
            server.communicate()


def test_file_that_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="is no socket"):
        Endpoint(path).open({})
    assert path.read_text() == "precious"
    assert [file.name for file in tmp_path.iterdir()] == ["bus.sock"]


def test_symlink_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="is no socket"):
        Endpoint(path).open({})


def test_close_removes_only_the_own_socket(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    with Endpoint(path) as endpoint, socket.socket(socket.AF_UNIX) as successor:
        endpoint.open({})
        path.unlink()
        successor.bind(str(path))
        endpoint.close()
        assert path.is_socket()


def test_path_that_fits_no_socket_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="too long"):
        Endpoint(tmp_path / ("x" * 110)).open({})


def test_folder_that_cannot_be_made_is_an_error_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="cannot listen"):
        Endpoint(tmp_path / "file" / "bus.sock").open({})


def test_environment_for_another_process_is_not_ours(tmp_path: Path) -> None:
    """LISTEN_PID names who the sockets are for (sd_listen_fds(3)); a child inherits the variables."""
    with Endpoint(tmp_path / "bus.sock") as endpoint:
        endpoint.open({"LISTEN_PID": "1", "LISTEN_FDS": "1"})
        assert (tmp_path / "bus.sock").is_socket()


def test_more_than_one_socket_from_systemd_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="takes one socket"):
        Endpoint(tmp_path / "bus.sock").open({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"})


ACTIVATED = """
import os, sys
from pathlib import Path
from decnet.bus.endpoint import Endpoint
endpoint = Endpoint(Path(sys.argv[1]))
found = endpoint.open({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"})
client, _ = found.accept()
client.sendall(b"handed over")
endpoint.close()
"""


def with_descriptor(redirection: str) -> list[str]:
    """Return the beginning of a command that runs the rest with this redirection, as the same process."""
    return ["bash", "-c", f'exec "$@" {redirection}', "bash"]


@pytest.mark.client
def test_socket_from_systemd_is_used_and_left_in_place(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(str(path))
        listener.listen()
        client.connect(str(path))
        subprocess.run(
            [*with_descriptor(f"3<&{listener.fileno()}"), sys.executable, "-c", ACTIVATED, str(path)],
            pass_fds=(listener.fileno(),),
            check=True,
            timeout=20,
        )
        assert client.recv(100) == b"handed over"
        assert path.is_socket()


@pytest.mark.client
def test_handed_over_descriptor_that_is_no_listener_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [*with_descriptor("3</dev/null"), sys.executable, "-c", ACTIVATED, str(tmp_path / "bus.sock")],
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert b"ConfigError" in done.stderr or b"HostError" in done.stderr


@pytest.mark.root
@pytest.mark.client
def test_user_outside_the_group_gets_eacces() -> None:
    """The mode of the socket is the authorisation: the kernel refuses before a byte is read."""
    script = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    with TemporaryDirectory() as folder, Endpoint(path := Path(folder) / "bus.sock") as endpoint:
        path.parent.chmod(0o755)
        endpoint.open({})
        done = subprocess.run(
            ["/usr/bin/python3", "-c", script, str(path)],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            check=False,
            timeout=20,
            cwd="/",
        )
        assert b"PermissionError: [Errno 13]" in done.stderr
