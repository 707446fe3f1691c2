# SPDX-License-Identifier: MIT
"""What each version offers; the lists were taken from servers of these versions."""

import pytest

from decnet.lures.ssh.algorithms import profile

CURVES = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521"
GROUPS = "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512"
OLD_GROUPS = (
    "diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"
)


@pytest.mark.parametrize(
    ("software", "key_exchanges", "host_keys", "strict"),
    [
        (
            "OpenSSH_7.4",
            f"{CURVES},{GROUPS},{OLD_GROUPS}",
            "ssh-rsa,rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
            False,
        ),
        (
            "OpenSSH_7.9p1 Debian-10+deb10u2",
            f"{CURVES},{GROUPS},diffie-hellman-group14-sha256,diffie-hellman-group14-sha1",
            "rsa-sha2-512,rsa-sha2-256,ssh-rsa,ecdsa-sha2-nistp256,ssh-ed25519",
            False,
        ),
        (
            "OpenSSH_8.4p1 Debian-5+deb11u3",
            f"{CURVES},{GROUPS},diffie-hellman-group14-sha256",
            "rsa-sha2-512,rsa-sha2-256,ssh-rsa,ecdsa-sha2-nistp256,ssh-ed25519",
            True,
        ),
        (
            "OpenSSH_9.2p1 Debian-2+deb12u10",
            f"{CURVES},{GROUPS},diffie-hellman-group14-sha256",
            "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
            True,
        ),
    ],
)
def test_profile_has_the_lists_of_its_version(software: str, key_exchanges: str, host_keys: str, *, strict: bool) -> None:
    offered = profile(software)
    assert ",".join(offered.key_exchanges) == key_exchanges
    assert ",".join(offered.host_keys) == host_keys
    assert offered.strict is strict


@pytest.mark.parametrize(
    ("software", "strict"),
    [
        ("OpenSSH_8.2p1 Ubuntu-4ubuntu0.9", False),
        ("OpenSSH_8.2p1 Ubuntu-4ubuntu0.11", True),
        ("OpenSSH_8.4p1 Debian-5+deb11u2", False),
        ("OpenSSH_8.4p1 Debian-5", False),
        ("OpenSSH_9.2p1 Debian-2+deb12u1", False),
        ("OpenSSH_8.9p1 Ubuntu-3ubuntu0.6", True),
        ("OpenSSH_8.9p1 Ubuntu-3ubuntu0.1", False),
        ("OpenSSH_9.6", True),
    ],
)
def test_strict_key_exchange_goes_with_the_security_update(software: str, *, strict: bool) -> None:
    assert profile(software).strict is strict


def test_unknown_software_is_taken_for_one_that_is_complete() -> None:
    assert profile("dropbear_2022.83") == profile("OpenSSH_8.4p1")
    assert profile("OpenSSH_8.4p1").missing == ()
    assert profile("OpenSSH_9.2p1").missing


@pytest.mark.parametrize(
    ("software", "methods"),
    [
        ("OpenSSH_8.4p1 Debian-5+deb11u3", "publickey,password"),
        ("OpenSSH_8.9p1 Ubuntu-3ubuntu0.6", "publickey,password"),
        ("OpenSSH_7.4", "publickey,gssapi-keyex,gssapi-with-mic,password"),
        ("OpenSSH_9.3", "publickey,password,keyboard-interactive"),
        ("OpenSSH_9.3 FreeBSD-20230719", "publickey,password,keyboard-interactive"),
    ],
)
def test_ways_to_log_in_are_those_of_the_distribution(software: str, methods: str) -> None:
    assert ",".join(profile(software).methods) == methods
