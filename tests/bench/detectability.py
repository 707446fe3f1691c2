# SPDX-License-Identifier: MIT
"""
How well the ssh lure passes for OpenSSH: honeypot-auditor, with its deep probes, against a lure on loopback.

The first run is the auditor as it is; it knows no password, so it judges the server before a login (OpenSSH itself gets 10 %,
for accepting ten idle connections). The second run gives it a planted password, so that its probes of the shell run too; there
the indicators about arbitrary passwords say nothing and are left out, and what counts is how many others fire.
"""

import asyncio
import json
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from decnet.lures.ssh.options import SshOptions
from decnet.lures.ssh.server import Ssh
from tests.bench.report import Measured, report
from tests.support.decoys import decoy
from tests.support.lures import serving

TARGET_PERCENT = 25
DEADLINE_SECONDS = 900
PASSWORD = "123456"  # the planted one of this benchmark
_MEANINGLESS = ("ssh.arbitrary_auth", "deep.auth_curve", "ssh.whoami")
_AS_IT_IS = "from honeypot_auditor.cli import main; main()"
_WITH_PASSWORD = f"""
from honeypot_auditor import sshutil
from honeypot_auditor.probes import common
for module in (common, sshutil):  # other modules hold the functions themselves, so what they do has to change
    module.random_creds.__code__ = (lambda: ("root", "{PASSWORD}")).__code__
{_AS_IT_IS}
"""


async def audit(code: str, port: int, folder: Path) -> dict[str, Any]:
    """Run the auditor against a port of this machine and return its report."""
    output = folder / "report.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, "--target", "127.0.0.1", "-p", str(port)),
        *("--deep", "--confirm-authorized", "--output", str(output)),
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    found: dict[str, Any] = json.loads(output.read_text())
    return found


async def measure(code: str) -> dict[str, Any]:
    """Serve a lure as an operator would have it and audit it."""
    lure = Ssh(decoy(), SshOptions(accounts=(f"root:{PASSWORD}",)))
    await lure.prepare()
    with tempfile.TemporaryDirectory() as folder:
        async with serving(lure) as served:
            return await audit(code, served.port, Path(folder))


def fired(found: dict[str, Any]) -> list[str]:
    """Return a line for each indicator that fired."""
    return [f"{one['id']}: {one['detail']}" for one in found["indicators"] if one["triggered"]]


def main() -> int:
    """Print the table; return 0 within the target."""
    parser = ArgumentParser(prog="scripts/bench detectability", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same: one run of each is enough")
    parser.parse_args()
    outside = asyncio.run(measure(_AS_IT_IS))
    inside = asyncio.run(measure(_WITH_PASSWORD))
    tells = [line for line in fired(inside) if not line.startswith(_MEANINGLESS)]
    judged = sum(not one["skipped"] for one in inside["indicators"] if not one["id"].startswith(_MEANINGLESS))
    rows = [
        Measured("score", float(outside["score"]), "%", TARGET_PERCENT),
        Measured("indicators fired without a password", len(fired(outside)), ""),
        Measured(f"indicators fired with one, of {judged}", len(tells), ""),
    ]
    result = report("honeypot-auditor --deep against the ssh lure", rows)
    print("\nwithout a password:", *fired(outside), sep="\n  ")
    print("\nwith a password:", *tells, sep="\n  ")
    return result


if __name__ == "__main__":
    sys.exit(main())
