# SPDX-License-Identifier: MIT
"""
What of a session becomes a record: each command, until there are very many; then they are counted, and the counts recorded.

Credentials and files never pass through here, so none is lost.
"""

from collections import Counter

from decnet.domain.captured import text
from decnet.domain.evidence import Command as CommandBody
from decnet.domain.evidence import Credential, Violation
from decnet.lures.ftp.line import Command
from decnet.lures.lure import Session

SECRET = "[secret]"  # noqa: S105 - what stands in the place of one
WITH_SECRETS = (b"PASS", b"ACCT")
MAX_RECORDS = 2000
_MAX_NAMES = 100
_SHOWN_BYTES = 256


class Recorder:
    """Writes the commands of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._recorded = 0
        self._counted: Counter[str] = Counter()

    def command(self, command: Command) -> None:
        """Record a command, without its secret."""
        self._recorded += 1
        name = text(command.name[:_SHOWN_BYTES])
        if self._recorded > MAX_RECORDS:
            self._counted[name if name in self._counted or len(self._counted) < _MAX_NAMES else "others"] += 1
            return
        hides = command.name in WITH_SECRETS and command.argument
        self._session.record(CommandBody(command=f"{name} {SECRET}" if hides else text(command.line)))

    def credential(self, username: bytes, secret: bytes, *, accepted: bool, **detail: str) -> None:
        """Record a login that was tried."""
        body = Credential(mechanism="password", username=text(username), accepted=accepted, detail=detail)
        self._session.record(body, secret)

    def violation(self, reason: str, data: bytes) -> None:
        """Record what broke the protocol; where a secret may be in it, it stands beside the record as one."""
        shown = data[:_SHOWN_BYTES]
        hides = shown[:4].upper() in WITH_SECRETS
        self._session.record(Violation(reason=reason, data=SECRET if hides else text(shown)), shown if hides else None)

    def finish(self) -> None:
        """Record the commands that were only counted."""
        if self._counted:
            detail = {name: str(count) for name, count in self._counted.most_common()}
            self._session.record(CommandBody(command=f"[{self._counted.total()} more commands]", detail=detail))
        self._counted.clear()
