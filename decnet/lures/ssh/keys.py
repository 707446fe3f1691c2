# SPDX-License-Identifier: MIT
"""
Host keys that follow from a decoy's seed: the same after every restart, others for every decoy, and never on a disk.

Ed25519 takes its seed and ECDSA its scalar from ``Persona.derive``. RSA searches its primes upwards from derived numbers,
as OpenSSL does from random ones: about a second of arithmetic, to be done once and away from the event loop.
"""

import math
from collections.abc import Iterator
from functools import lru_cache

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from decnet.domain.persona import Persona

KEYS_KEPT = 256
_EXPONENT = 65537
_SIEVE_LIMIT = 1 << 14
_WINDOW = 1 << 14
_WITNESSES = (3, 5, 7, 11, 13)
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def host_keys(persona: Persona, rsa_bits: int) -> tuple[asyncssh.SSHKey, asyncssh.SSHKey, asyncssh.SSHKey]:
    """Return the RSA, ECDSA and Ed25519 host keys, in sshd's order; takes about a second of processor time."""
    comment = f"root@{persona.hostname}"
    private = (
        _rsa(persona, rsa_bits),
        _ecdsa(persona),
        ed25519.Ed25519PrivateKey.from_private_bytes(persona.derive("ssh ed25519")),
    )
    first, second, third = (asyncssh.import_private_key(_pem(key)) for key in private)
    for key in (first, second, third):
        key.set_comment(comment)
    return first, second, third


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """Return the key in the form that asyncssh reads."""
    return key.private_bytes(
        encoding=serialization.Encoding.PEM,
        format=serialization.PrivateFormat.PKCS8,
        encryption_algorithm=serialization.NoEncryption(),
    )


def _ecdsa(persona: Persona) -> ec.EllipticCurvePrivateKey:
    """Derive a P-256 key; the scalar is even over the group (FIPS 186-5, A.2.1: 64 extra bits)."""
    scalar = int.from_bytes(persona.derive("ssh ecdsa", 40)) % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def _rsa(persona: Persona, bits: int) -> rsa.RSAPrivateKey:
    """Derive an RSA key of ``bits`` bits."""
    first, second = (persona.derive(f"ssh rsa {name} {bits}", bits // 16) for name in ("p", "q"))
    return _rsa_of(first, second)


@lru_cache(KEYS_KEPT)
def _rsa_of(first_seed: bytes, second_seed: bytes) -> rsa.RSAPrivateKey:
    """Return the key of two primes; it is kept, so that a decoy that is built again has it at once."""
    first, second = _prime(first_seed), _prime(second_seed)
    public = rsa.RSAPublicNumbers(_EXPONENT, first * second)
    private = pow(_EXPONENT, -1, (first - 1) * (second - 1))
    return rsa.RSAPrivateNumbers(
        first,
        second,
        private,
        rsa.rsa_crt_dmp1(private, first),
        rsa.rsa_crt_dmq1(private, second),
        rsa.rsa_crt_iqmp(first, second),
        public,
    ).private_key()


def _prime(seed: bytes) -> int:
    """Return the first prime above ``seed`` (taken as a number with its two highest bits set) that suits the exponent."""
    bits = len(seed) * 8
    start = int.from_bytes(seed) | 3 << (bits - 2) | 1
    return next(candidate for candidate in _candidates(start) if _is_prime(candidate))


def _candidates(start: int) -> Iterator[int]:
    """Yield the odd numbers from ``start`` on that have no small factor."""
    primes = _small_primes()
    while True:
        window = bytearray(_WINDOW)
        for prime in primes:
            first = (-start * pow(2, -1, prime)) % prime
            window[first::prime] = b"\1" * len(range(first, _WINDOW, prime))
        yield from (start + 2 * index for index, composite in enumerate(window) if not composite)
        start += 2 * _WINDOW


def _small_primes() -> list[int]:
    """Return the odd primes below the limit (Eratosthenes)."""
    composite = bytearray(_SIEVE_LIMIT)
    for number in range(3, math.isqrt(_SIEVE_LIMIT) + 1, 2):
        if not composite[number]:
            composite[number * number :: 2 * number] = b"\1" * len(range(number * number, _SIEVE_LIMIT, 2 * number))
    return [number for number in range(3, _SIEVE_LIMIT, 2) if not composite[number]]


def _is_prime(candidate: int) -> bool:
    """Tell whether an odd number is prime (Miller and Rabin) and ``candidate - 1`` has no factor in the exponent."""
    if candidate % _EXPONENT == 1 or pow(2, candidate - 1, candidate) != 1:
        return False
    twos = ((candidate - 1) & (1 - candidate)).bit_length() - 1
    return all(_passes(candidate, witness, twos) for witness in _WITNESSES)


def _passes(candidate: int, witness: int, twos: int) -> bool:
    """Run one round of Miller and Rabin."""
    power = pow(witness, (candidate - 1) >> twos, candidate)
    if power in (1, candidate - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % candidate
        if power == candidate - 1:
            return True
    return False
