"""The daemon as systemd sees it: start, second start, reload, stop, sudden death."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from appliance.ledger.verify import verify

ROUNDS = 50 if os.environ.get("UPHELD_ENDURE") else 3
UPHELD = [sys.executable, "-c", "from appliance.cli import main; main()"]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def listen():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture
def plant(tmp_path, listen):
    """A configuration with one asset every second, most of whose ports refuse."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        folder = tmp_path / "config"
        folder.mkdir()
        (folder / "site.yaml").write_text(f"""
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {tmp_path}/state
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
  web: {{listen: "127.0.0.1:{listen}"}}
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
assets:
  - {{id: plc, zone: cell, address: 127.0.0.1, role: plc, every: 1s,
     services: [{{port: tcp/{server.getsockname()[1]}, protocol: s7}}, {{port: tcp/9, protocol: opcua}}]}}
""")
        yield folder


@contextmanager
def daemon(folder, listen):
    process = subprocess.Popen(
        [*UPHELD, "run", "-c", folder],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        assert fetched(listen, "upheld_ledger_size", 3) is not None
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()


def fetched(listen, metric, least):
    """The metric's value once it has reached `least`; None when it never does."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            with urlopen(f"http://127.0.0.1:{listen}/metrics", timeout=2) as answer:
                for line in answer.read().decode().splitlines():
                    if line.startswith(f"{metric} ") and float(line.split()[1]) >= least:
                        return float(line.split()[1])
        except (URLError, ConnectionError):
            pass
        time.sleep(0.05)
    return None


def test_a_second_daemon_exits_at_once_and_says_why(plant, listen):
    with daemon(plant, listen) as first:
        second = subprocess.run(
            [*UPHELD, "run", "-c", plant],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )

    assert second.returncode == 2
    assert f"in use by another upheld (process {first.pid})" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_ends_it_and_says_what_to_do(plant, listen, tmp_path):
    with socket.create_server(("127.0.0.1", listen)):
        ended = subprocess.run(
            [*UPHELD, "run", "-c", plant],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )

    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{listen}" in ended.stderr
    assert "appliance.web.listen" in ended.stderr
    assert not (tmp_path / "state" / "ledger.db").exists()


def test_it_stops_cleanly_when_told(plant, listen):
    with daemon(plant, listen) as process:
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0


def test_a_check_asks_the_running_daemon(plant, listen):
    with daemon(plant, listen):
        asked = subprocess.run(
            [*UPHELD, "check", "-c", plant, "--format", "json", "--due-anyway"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    report = json.loads(asked.stdout)
    assert {row["asset"] for row in report["observations"]} == {"plc"}
    assert asked.returncode == 1, asked.stderr


def test_a_broken_configuration_changes_nothing(plant, listen):
    with daemon(plant, listen) as process:
        sound = (plant / "site.yaml").read_text()
        (plant / "site.yaml").write_text(sound.replace("zones:", "ziones:"))
        process.send_signal(signal.SIGHUP)
        refused = fetched_zero(listen, "upheld_config_last_reload_successful")
        (plant / "site.yaml").write_text(sound)
        process.send_signal(signal.SIGHUP)

        assert refused
        assert fetched(listen, "upheld_config_last_reload_successful", 1) == 1


def fetched_zero(listen, metric):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with urlopen(f"http://127.0.0.1:{listen}/metrics", timeout=2) as answer:
            if f"{metric} 0.0" in answer.read().decode():
                return True
        time.sleep(0.05)
    return False


def test_after_sudden_death_every_checkpoint_verifies(plant, listen, tmp_path):
    ledger = tmp_path / "state" / "ledger.db"
    size = 0
    for _ in range(ROUNDS):
        with daemon(plant, listen) as process:
            size = fetched(listen, "upheld_ledger_size", size + 1)
            process.kill()
        report = verify(ledger, (ledger.parent / "evidence.vkey").read_text().strip())

        assert report.ok, report.broken
        assert report.entries >= size
