# SPDX-License-Identifier: MIT
"""
The keys of the store: four files of mode 0600, made once and never again; or the same, handed over by the service manager.

``sealing.key`` opens what was sealed to ``sealing.pub`` (X25519): spools and captured files. ``store.key`` encrypts what
records say and their secrets, ``comparison.key`` makes the keyed hashes that find a secret again and name captured files. Each
file holds 64 hexadecimal digits. ``made`` beside them says that all were made: a key that is missing then is lost, and a new
one would open nothing.
"""

import hmac
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from decnet.domain.evidence import new_id
from decnet.errors import ConfigError, DamagedError, DecnetError, HostError
from decnet.host.disk import write_whole
from decnet.spool.sealing import KEY_BYTES, NONCE_BYTES, padded, unpadded

SEALING = "sealing.key"
PUBLIC = "sealing.pub"
STORE = "store.key"
COMPARISON = "comparison.key"
MADE = "made"
SECRET = (SEALING, STORE, COMPARISON)
_MODE = 0o600
_REMEDY = "decnet secrets create"
_HELD: "dict[Path, Keys | DecnetError]" = {}


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The keys, loaded."""

    sealing: X25519PrivateKey
    store: bytes
    comparison: bytes


class Box:
    """Encrypts what attackers sent, each part bound to its place in the store, and hashes secrets for comparison."""

    def __init__(self, keys: Keys) -> None:
        self._cipher = ChaCha20Poly1305(keys.store)
        self._comparison = keys.comparison

    def encrypt(self, content: bytes, place: bytes) -> bytes:
        """Return a nonce and the ciphertext, its length rounded up."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded(content), place)

    def decrypt(self, ciphertext: bytes, place: bytes) -> bytes:
        """Return what was encrypted; raise ``DamagedError`` where the key is another one or the row was changed."""
        try:
            return unpadded(self._cipher.decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], place))
        except (InvalidTag, ValueError) as error:
            raise DamagedError("it cannot be opened: another store.key, or somebody changed its row") from error

    def blob_name(self, sha256: str) -> str:
        """Return the name of a captured file: who could guess the file would recognise its plain hash."""
        return self.compare(b"blob " + sha256.encode()).hex()

    def compare(self, secret: bytes) -> bytes:
        """Return the keyed hash of a secret (HMAC-SHA256)."""
        return hmac.digest(self._comparison, secret, "sha256")


def create(folder: Path) -> list[str]:
    """
    Make the keys that are missing and return their names; what is there is checked and never changed.

    Raises ``ConfigError`` where one is missing that was there, ``HostError`` where a key is a symbolic link, not of mode
    0600 or not ours, ``DamagedError`` where it is no key or the two sealing keys do not belong together.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = [name for name in SECRET if _is_to_make(folder, name) and _create(folder / name, os.urandom(KEY_BYTES))]
        public = X25519PrivateKey.from_private_bytes(_read(folder / SEALING)).public_key().public_bytes_raw()
        made += [PUBLIC] if _create(folder / PUBLIC, public) else []
        _create(folder / MADE, b"")
    except OSError as error:
        raise HostError(f"keys cannot be made in {folder}: {error.strerror}", remedy="decnet doctor") from error
    if _read(folder / PUBLIC) != public:
        raise DamagedError(f"{folder / PUBLIC} does not belong to {SEALING}", remedy=f"rm {folder / PUBLIC}; {_REMEDY}")
    load(folder)
    return made


def hold(folder: Path) -> None:
    """Load the keys now, for a time when we are an account that may not; what is wrong with them is raised then."""
    try:
        _HELD[folder] = load(folder)
    except DecnetError as error:
        _HELD[folder] = error


def load(folder: Path) -> Keys:
    """Return the keys of a folder; raise ``ConfigError`` where one is missing, and what ``create`` raises."""
    held = _HELD.get(folder)
    if isinstance(held, DecnetError):
        raise held
    if held is not None:
        return held
    return Keys(
        sealing=X25519PrivateKey.from_private_bytes(_read(folder / SEALING)),
        store=_read(folder / STORE),
        comparison=_read(folder / COMPARISON),
    )


def _is_to_make(folder: Path, name: str) -> bool:
    """Say whether a key has to be made; raise ``ConfigError`` where it was, and is lost."""
    if os.path.lexists(folder / name):
        return False
    if os.path.lexists(folder / MADE):
        raise _missing(folder / name)
    return True


def _missing(path: Path) -> ConfigError:
    """Return what to tell about a key that is not there."""
    if os.path.lexists(path.with_name(MADE)):
        return ConfigError(
            f"the key {path} is missing, and what was stored with it opens with no other",
            remedy=f"put it back from your copy; to begin anew, move what was stored away, then: rm {path.with_name(MADE)}",
        )
    return ConfigError(f"the key {path} is missing", remedy=_REMEDY)


def _create(path: Path, key: bytes) -> bool:
    """Write a key unless the file is there; it appears whole or not at all."""
    if os.path.lexists(path):
        return False
    temporary = path.with_name(f".{new_id()}")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    try:
        os.fchmod(file, _MODE)
        write_whole(file, key.hex().encode() + b"\n")
        os.fsync(file)
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        return False
    finally:
        os.close(file)
        temporary.unlink()
    return True


def _read(path: Path) -> bytes:
    """Return a key, its file checked first."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except PermissionError as error:
        raise HostError(f"you may not read the key {path}", remedy="do it as its owner, or as root with sudo") from error
    except OSError as error:
        raise HostError(f"the key {path} cannot be opened: {error.strerror}", remedy=f"look at it: ls -l {path}") from error
    try:
        state = os.fstat(file)
        _refuse_strange(path, state, os.geteuid())
        return _decoded(os.read(file, 4 * KEY_BYTES), path)
    finally:
        os.close(file)


def _refuse_strange(path: Path, state: os.stat_result, account: int) -> None:
    """
    Raise ``HostError`` for a key that others could have written or can read.

    systemd hands a credential over as a file of root's that an access list opens for the one account of the service; stat(2)
    shows the list's mask as the bits of the group (systemd.exec(5), acl(5)).
    """
    if not stat.S_ISREG(state.st_mode) or state.st_uid not in (account, 0):
        raise HostError(f"the key {path} is no file of this account", remedy=f"look at it: ls -l {path}")
    allowed = _MODE if state.st_uid == account else _MODE | stat.S_IRGRP
    if stat.S_IMODE(state.st_mode) & ~allowed:
        raise HostError(f"the key {path} can be read by others", remedy=f"chmod 600 {path}")


def _decoded(text: bytes, path: Path) -> bytes:
    """Return the bytes of a key's text."""
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise DamagedError(
            f"{path} is no key", remedy="put it back from your copy: without it nothing that was stored can be read"
        )
    return key
