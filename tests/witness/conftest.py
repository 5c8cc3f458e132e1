"""A log that grows, forks and shrinks as the test wants, and a witness in a process of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from appliance.ledger import tree
from appliance.ledger.anchors.cosignature import Witness
from appliance.ledger.anchors.submission import Submission
from appliance.ledger.note import Checkpoint, Signer

ORIGIN = "plant/edge/evidence/1"
NAME = "soc.example/witness"
PATIENCE = 20.0

RUN = """
import asyncio, sys
from pathlib import Path
from appliance.site.model import Web
from appliance.witness.running import witness
asyncio.run(witness(Path(sys.argv[1]), sys.argv[2], Web(listen=sys.argv[3])))
"""


class Log:
    """Entries by number; `salt` makes another history from that number on."""

    def __init__(self, origin=ORIGIN, seed=bytes(range(32))):
        self.signer = Signer(origin, seed)
        self.leaves = []

    def grow(self, count, salt=""):
        start = len(self.leaves)
        self.leaves += [tree.leaf_hash(f"{i}{salt}".encode()) for i in range(start, start + count)]
        return self

    def forked(self, at, count):
        other = Log(self.signer.name)
        other.leaves = self.leaves[:at]
        return other.grow(count, "x")

    def note(self, size=None):
        size = len(self.leaves) if size is None else size
        leaves = self.leaves[:size]
        return self.signer.sign(Checkpoint(self.signer.name, size, tree.root(leaves)).text)

    def submission(self, old, size=None):
        size = len(self.leaves) if size is None else size
        leaves = self.leaves[:size]
        proof = tree.consistency_proof(old, leaves) if 0 < old <= size else []
        return Submission(old, tuple(proof), self.note(size))


class Running:
    def __init__(self, folder, port, process):
        self.folder, self.port, self.process = folder, port, process

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.headers["content-type"], answer.read().decode()
        finally:
            connection.close()

    def add(self, submission):
        status, _, text = self.ask("POST", "/add-checkpoint", submission.body)
        return status, text

    @property
    def key(self):
        return Witness.parse((self.folder / "witness.vkey").read_text())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def log():
    return Log().grow(10)


@pytest.fixture
def witnessing(tmp_path, log):
    """Starts a witness over one folder, again and again if need be, that looks after `log`."""
    folder = tmp_path / "witness"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "plant.vkey").write_text(log.signer.vkey + "\n")

    @contextmanager
    def start():
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(folder), NAME, f"127.0.0.1:{port}"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        running = Running(folder, port, process)
        try:
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    running.ask("GET", "/checkpoint/0")
                    break
                except OSError:
                    assert process.poll() is None, "the witness ended"
                    assert time.monotonic() < until
                    time.sleep(0.02)
            yield running
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()

    return start
