# SPDX-License-Identifier: MIT
"""What the servers offer; the tests of the lure let openssl ask for it."""

import ssl

from asyncssh.kex_dh import _group14_p

from decnet.lures.https import context as module
from decnet.lures.https.context import context
from tests.support.decoys import persona


def names(found: ssl.SSLContext) -> list[str]:
    """Return the ciphers that are offered, in their order."""
    return [cipher["name"] for cipher in found.get_ciphers()]


def test_nginx_prefers_its_own_order_and_gives_tickets_and_apache_does_neither() -> None:
    nginx, apache = context(persona(), "nginx"), context(persona(), "apache")
    assert nginx.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    assert not nginx.options & ssl.OP_NO_TICKET
    assert not apache.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    assert apache.options & ssl.OP_NO_TICKET
    names = {cipher["name"] for cipher in nginx.get_ciphers()}
    assert not [name for name in names if "RC4" in name or "MD5" in name or "NULL" in name]


def test_releases_of_today_offer_nothing_below_tls_1_2() -> None:
    for os_id, os_version, oldest in (
        ("debian", "11", ssl.TLSVersion.MINIMUM_SUPPORTED),
        ("raspbian", "11", ssl.TLSVersion.MINIMUM_SUPPORTED),
        ("ubuntu", "20.04", ssl.TLSVersion.TLSv1_2),
        ("debian", "12", ssl.TLSVersion.TLSv1_2),
    ):
        assert context(persona(os_id=os_id, os_version=os_version), "nginx").minimum_version == oldest


def test_the_group_is_that_of_the_rfc() -> None:
    assert int.from_bytes(module._MODULUS) == _group14_p


def test_both_offer_the_same_suites_in_the_same_order() -> None:
    """What differs is whose order counts, and that nginx has no group for those over a finite field."""
    assert names(context(persona(), "nginx")) == names(context(persona(), "apache"))
