# SPDX-License-Identifier: MIT
"""Questions on a terminal: each with the present value, which an empty answer keeps."""

import sys

from decnet.install import plan
from decnet.install.failure import InvalidError
from decnet.install.host import Host
from decnet.install.identity import values_of

_QUESTIONS = {
    "DECNET_ROLE": "Role of this host, master or agent",
    "DECNET_USER": "Account that runs the services",
    "DECNET_GROUP": "Group that may use and control them",
}


def values(host: Host) -> dict[str, str]:
    """Ask for role, user and group until they can be used; return those that are not what they were."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InvalidError(
            "there is no terminal to ask on", remedy="decnet configure set KEY=VALUE, or with --user, --group, --role and --yes"
        )
    _, identity = plan.read_conf(host)
    present = values_of(identity)
    while True:
        asked = {key: _answer(f"{question} [{present[key]}]: ") or present[key] for key, question in _QUESTIONS.items()}
        try:
            plan.identity_of(asked, identity)
        except InvalidError as error:
            host.say(error.message)
            continue
        return {key: value for key, value in asked.items() if value != present[key]}


def agreed() -> bool:
    """Ask whether to go on; only a clear yes is one."""
    return _answer("Change this? [y/N]: ").lower() in {"y", "yes"}


def _answer(question: str) -> str:
    """Ask on the terminal; the end of the input is an interruption."""
    print(question, end="", file=sys.stderr, flush=True)  # noqa: T201 - a question to a person
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt
    return line.strip()
