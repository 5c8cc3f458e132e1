"""The command as a user runs it: a process of its own, what it says and how it ends."""

import json
import os
import random
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FORKING = Path(__file__).parent / "forking.py"

SITE = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
  web: {{listen: "127.0.0.1:{web}"}}
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
assets:
"""


def free_port():
    """Below the ports the kernel hands out itself: another process's connection cannot take it."""
    while True:
        port = random.randrange(10000, 30000)
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def forking():
    with subprocess.Popen(
        [sys.executable, FORKING],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "PYTHONPATH": str(ROOT)},
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def upheld(forking, tmp_path_factory):
    """Run `upheld` with these arguments; no traceback ever, whatever else the test looks at."""
    out, err = (tmp_path_factory.mktemp("said") / name for name in ("out", "err"))

    def run(*arguments):
        order = {"arguments": [*map(str, arguments)], "out": str(out), "err": str(err)}
        forking.stdin.write(json.dumps(order) + "\n")
        forking.stdin.flush()
        code = int(forking.stdout.readline())
        done = Done(code, out.read_text(), err.read_text())
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def opened():
    """A port that opens and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def shut():
    """A port bound and not listening: it refuses, and nobody else can take it meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@pytest.fixture
def site(tmp_path, opened):
    """Writes a configuration; its assets unless given are one PLC with one open port."""
    web = free_port()

    def write(assets=None, state=tmp_path / "state"):
        folder = tmp_path / "config"
        folder.mkdir(exist_ok=True)
        if assets is None:
            assets = f"services: [{{port: tcp/{opened}, protocol: s7}}]"
        text = SITE.format(state=state, web=web)
        if assets:
            text += f"  - {{id: plc, zone: cell, address: 127.0.0.1, role: plc, {assets}}}\n"
        else:
            text = text.replace("assets:\n", "")
        (folder / "site.yaml").write_text(text)
        return folder

    return write
