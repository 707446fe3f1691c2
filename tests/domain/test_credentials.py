# SPDX-License-Identifier: MIT
"""Secrets in command lines are seen in every form that attackers use, and nowhere else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.credentials import written_secrets


@pytest.mark.parametrize(
    ("line", "program", "username"),
    [
        (b"echo S3cret | sudo -S id", "sudo", ""),
        (b"echo 'S3cret' | sudo -kS -p '' id", "sudo", ""),
        (b'printf "S3cret" | /usr/bin/sudo -S -u bob id', "sudo", ""),
        (b"sudo -S id <<< S3cret", "sudo", ""),
        (b"echo S3cret|su -c id", "su", ""),
        (b"mysql -u root --password=S3cret -e 'show databases'", "mysql", ""),
        (b"MYSQL_PWD=S3cret mysql", "mysql", ""),
        (b"export PGPASSWORD='S3cret'; psql", "psql", ""),
        (b"sshpass -p S3cret ssh root@10.0.0.1", "sshpass", ""),
        (b"sshpass -pS3cret ssh root@10.0.0.1", "sshpass", ""),
        (b"redis-cli -h 10.0.0.1 -a S3cret ping", "redis-cli", ""),
        (b"cd /tmp; curl ftp://bob:S3cret@10.0.0.1/x", "url", "bob"),
        (b"bash -c 'echo S3cret | sudo -S id'", "sudo", ""),
    ],
)
def test_secret_is_found(line: bytes, program: str, username: str) -> None:
    assert [(found.program, found.username, found.secret) for found in written_secrets(line)] == [
        (program, username, b"S3cret")
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"echo hello | sudo tee /etc/motd",
        b"echo hello | sort",
        b"sudo -l",
        b"su -",
        b"curl http://10.0.0.1:8080/a@b",
        b"mysql -u root -p",
        b"echo $PASSWORD | sudo -S id",
        b"redis-cli -h 10.0.0.1 ping",
    ],
)
def test_ordinary_line_holds_none(line: bytes) -> None:
    assert list(written_secrets(line)) == []


@given(st.binary(max_size=300))
def test_any_line_can_be_looked_at(line: bytes) -> None:
    assert all(found.secret in line for found in written_secrets(line))


@pytest.mark.parametrize(
    "piece", [b"mysql -u ", b"echo ", b"redis-cli -", b"a://", b"a.", b"-S ", b"echo '", b"echo a|sudo -a ", b"sudo -S ", b"'"]
)
def test_hostile_line_costs_little(piece: bytes) -> None:
    """No pattern is quadratic enough to hold up the others: the CPU time of this process is measured, not the clock."""
    line = piece * (20_000 // len(piece))
    began = time.process_time()
    list(written_secrets(line))
    assert time.process_time() - began < 1.0
