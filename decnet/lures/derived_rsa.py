# SPDX-License-Identifier: MIT
"""
RSA keys that follow from a decoy's seed: the same after every restart, others for every decoy, and never on a disk.

The primes are searched upwards from derived numbers, as OpenSSL does from random ones: some tenths of a second of arithmetic
for 2048 bits, about one for 3072, to be done once and away from the event loop.
"""

import math
from collections.abc import Iterator
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import rsa

from decnet.domain.persona import Persona

KEYS_KEPT = 256
_EXPONENT = 65537
_SIEVE_LIMIT = 1 << 14
_WINDOW = 1 << 14
_WITNESSES = (3, 5, 7, 11, 13)


def rsa_key(persona: Persona, purpose: str, bits: int) -> rsa.RSAPrivateKey:
    """Derive the RSA key of ``bits`` bits that belongs to a purpose ("ssh rsa")."""
    first, second = (persona.derive(f"{purpose} {name} {bits}", bits // 16) for name in ("p", "q"))
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
