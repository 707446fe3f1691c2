# SPDX-License-Identifier: MIT
"""What importing decnet does to the world: nothing."""

import json
import subprocess
import sys

import pytest

from tests.support.sources import ROOT, expect_none

# lures come first and as the product loads them: the packages that they need would run programs otherwise;
# what lies in migrations runs only inside alembic
WATCHED = """
import importlib, json, os, pkgutil, sys
import decnet
did = []
def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.mkdir", "os.remove"):
        did.append([event, *map(str, arguments)])
sys.addaudithook(watch)
from decnet.lures.loading import load
from decnet.lures.registry import LURES
for lure in LURES:
    load(lure.implementation)
names = [module.name for module in pkgutil.walk_packages(decnet.__path__, "decnet.")]
for name in names:
    if ".migrations." not in name:
        importlib.import_module(name)
print(json.dumps([len(names), did]))
"""


@pytest.mark.client
def test_importing_every_module_writes_no_file_opens_no_connection_and_starts_nothing() -> None:
    finished = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    count, did = json.loads(finished.stdout)
    assert count > 100
    expect_none(did)
