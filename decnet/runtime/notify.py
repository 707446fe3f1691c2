# SPDX-License-Identifier: MIT
"""
The talk with the service manager: the protocol of sd_notify(3), a datagram of ``KEY=value`` lines.

Nothing is sent where no manager listens, so that every service runs in the foreground as well.
"""

import os
import socket
import time

_MICROSECONDS = 1_000_000


def notify(*lines: str) -> None:
    """Send ``lines`` to the manager named by ``NOTIFY_SOCKET``; a manager that is gone is no error of the service."""
    address = os.environ.get("NOTIFY_SOCKET")  # noqa: TID251 - this module is the other reader of the environment
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.connect(address)
            sender.sendall("\n".join(lines).encode())
        except OSError:
            return


def ready() -> None:
    """Say that the service does its work."""
    notify("READY=1")


def reloading() -> None:
    """Say that the configuration is read again; ``ready`` ends it."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> None:
    """Say that the service is about to end."""
    notify("STOPPING=1")


def status(text: str) -> None:
    """Show one line in ``systemctl status``."""
    notify(f"STATUS={text}")


def watchdog_seconds() -> float | None:
    """Return how often the manager wants a sign of life, halved as sd_watchdog_enabled(3) advises; None where it does not."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")  # noqa: TID251 - this module is the other reader of the environment
    process = os.environ.get("WATCHDOG_PID", "")  # noqa: TID251 - this module is the other reader of the environment
    if not microseconds.isdecimal() or (process and process != str(os.getpid())):
        return None
    return int(microseconds) / _MICROSECONDS / 2
