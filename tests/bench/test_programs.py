# SPDX-License-Identifier: MIT
"""Every benchmark of ``scripts/bench`` can be called the same way."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.sources import ROOT, files, text

BENCHMARKS = [path for path in files() if path.parts[:2] == ("tests", "bench") and "\ndef main" in text(path)]


@pytest.mark.client
@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
async def test_benchmark_explains_itself_and_knows_quick(path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.bench.{path.stem}", "--help", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert b"--quick" in output
