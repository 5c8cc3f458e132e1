"""The daemon as a process of its own, and what it shows."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

UPHELD = [sys.executable, "-c", "from appliance.cli import main; main()"]
ROOT = Path(__file__).parent.parent.parent
PATIENCE = 20.0


@contextmanager
def daemon(folder, listen, *, entries=3):
    """A daemon over this configuration, once its ledger holds so many entries."""
    # A file, for what it says: a pipe nobody reads is full after some hundred lines.
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*UPHELD, "run", "-c", folder], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            assert fetched(listen, "upheld_ledger_size", entries) is not None
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def upheld(*arguments, timeout=20):
    """One command, to its end."""
    return subprocess.run(
        [*UPHELD, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def page(listen, path="/metrics"):
    with urlopen(f"http://127.0.0.1:{listen}{path}", timeout=2) as answer:
        return answer.read().decode()


def fetched(listen, metric, least=None, *, exactly=None):
    """The metric's value once it is as wanted; None when it never is."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            found = [
                float(line.rpartition(" ")[2])
                for line in page(listen).splitlines()
                if line.startswith((f"{metric} ", f"{metric}{{"))
            ]
        except (URLError, ConnectionError, TimeoutError):
            found = []
        for value in found:
            if value == exactly or (least is not None and value >= least):
                return value
        time.sleep(0.05)
    return None


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
