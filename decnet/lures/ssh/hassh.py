# SPDX-License-Identifier: MIT
"""Fingerprint an SSH client by its first key exchange message (HASSH, as published by Salesforce in 2018)."""

import hashlib
from dataclasses import dataclass

_COOKIE_BYTES = 16
_LISTS = 10
_LENGTH_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class KeyExchangeOffer:
    """The name lists of a client's SSH_MSG_KEXINIT (RFC 4253, section 7.1), each as it was on the wire."""

    key_exchanges: bytes
    host_keys: bytes
    ciphers: bytes
    macs: bytes
    compressions: bytes

    @property
    def hassh(self) -> str:
        """The MD5 of key exchanges, ciphers, MACs and compressions of the direction from the client."""
        lists = b";".join((self.key_exchanges, self.ciphers, self.macs, self.compressions))
        return hashlib.md5(lists, usedforsecurity=False).hexdigest()


def parse_offer(payload: bytes) -> KeyExchangeOffer:
    """Parse a KEXINIT without its type byte; raise ``ValueError`` where it is cut short."""
    lists = []
    position = _COOKIE_BYTES
    for _ in range(_LISTS):
        start = position + _LENGTH_BYTES
        position = start + int.from_bytes(payload[start - _LENGTH_BYTES : start])
        if start > len(payload) or position > len(payload):
            raise ValueError("the key exchange message is cut short")
        lists.append(payload[start:position])
    return KeyExchangeOffer(key_exchanges=lists[0], host_keys=lists[1], ciphers=lists[2], macs=lists[4], compressions=lists[6])
