"""Agents of snmpsim: one process, an address and a community for each recording."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.peers import PEERS, free_port

RESPONDER = PEERS / "snmpsim" / ".venv" / "bin" / "snmpsim-command-responder"
_READY_SECONDS = 60


def lacks() -> str | None:
    """Why it cannot run here."""
    return (
        None if RESPONDER.exists() else "snmpsim is not installed: run tests/peers/snmpsim/install"
    )


@contextmanager
def snmpsim(folder: Path, recordings: Mapping[str, str], addresses: Sequence[str]) -> Iterator[int]:
    """The port all of these addresses have; each recording answers to its name as community."""
    data, cache, port = folder / "recordings", folder / "cache", free_port()
    data.mkdir(parents=True)
    cache.mkdir()
    for name, lines in recordings.items():
        (data / f"{name}.snmprec").write_text(lines, encoding="utf-8")
    user = pwd.getpwuid(os.geteuid()).pw_name
    group = ["--process-user", user, "--process-group", user] if os.geteuid() == 0 else []
    endpoints = [f"--agent-udpv4-endpoint={address}:{port}" for address in addresses]
    log = folder / "log"
    with log.open("wb") as told:
        simulator = subprocess.Popen(
            [
                RESPONDER,
                f"--data-dir={data}",
                f"--cache-dir={cache}",
                *endpoints,
                *group,
                "--logging-method=stderr",
                "--log-level=error",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=told,
        )
    try:
        _until_listening(simulator, log, len(addresses))
        yield port
    finally:
        simulator.kill()
        simulator.wait(10)


def _until_listening(simulator: subprocess.Popen[bytes], log: Path, count: int) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until and simulator.poll() is None:
        if log.read_text(errors="replace").count("Listening at") == count:
            return
        time.sleep(0.05)
    raise AssertionError(f"snmpsim did not start: {log.read_text(errors='replace')[-2_000:]}")
