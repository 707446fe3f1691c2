# SPDX-License-Identifier: MIT
"""The planted accounts are weak, few, and always the same for a decoy."""

from decnet.lures.accounts import accounts
from decnet.lures.ssh.options import SshOptions
from tests.support.decoys import decoy, persona


def test_accounts_follow_from_the_seed() -> None:
    found = [accounts(decoy(persona=persona(seed=str(number))), SshOptions()) for number in range(20)]
    again = [accounts(decoy(persona=persona(seed=str(number))), SshOptions()) for number in range(20)]
    assert found == again
    assert all(planted["root"] and 2 <= len(planted) <= 3 for planted in found)
    assert len({tuple(planted.items()) for planted in found}) > 10


def test_options_replace_them() -> None:
    options = SshOptions(accounts=("admin:pass:word", "nobody"))
    assert accounts(decoy(), options) == {"admin": "pass:word", "nobody": ""}
