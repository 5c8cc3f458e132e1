"""`upheld status`: what a running daemon says, and what is said when none runs."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
RUN = [sys.executable, "-c", "from appliance.cli import main; main()", "run", "-c"]


@pytest.fixture
def daemon(tmp_path):
    """Starts the daemon over a configuration and stops it as systemd does."""
    started, said = [], tmp_path / "daemon.log"

    def start(folder):
        with said.open("w") as log:
            started.append(subprocess.Popen([*RUN, folder], cwd=ROOT, stdout=log, stderr=log))

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0, said.read_text()


def until(upheld, folder, enough):
    """The status once `enough` of it is there."""
    last = time.monotonic() + 20
    while time.monotonic() < last:
        done = upheld("status", "-c", folder, "--format", "json")
        if done.returncode == 0 and enough(json.loads(done.stdout)):
            return json.loads(done.stdout)
        time.sleep(0.05)
    raise AssertionError(done)


@pytest.mark.parametrize("left", [False, True], ids=["never ran", "died"])
def test_without_a_daemon_it_says_so_and_is_3(upheld, site, tmp_path, left):
    if left:
        import socket

        (tmp_path / "state").mkdir()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(tmp_path / "state" / "control.sock"))
    folder = site()
    words = upheld("status", "-c", folder)
    plain = upheld("status", "-c", folder, "--format", "json")

    assert (words.returncode, plain.returncode) == (3, 3)
    assert words.stdout.startswith("bench/edge: no upheld is running over ")
    assert json.loads(plain.stdout) == {"running": False, "site": "bench", "appliance": "edge"}


def test_a_running_daemon_tells_what_fails_since_when_and_what_was_seen(
    upheld, site, shut, opened, daemon
):
    ports = ", ".join(f"{{port: tcp/{port}, protocol: s7}}" for port in (shut, opened))
    folder = site(f"every: 1s, services: [{ports}]")
    daemon(folder)
    answer = until(upheld, folder, lambda status: status["failing"])
    words = upheld("status", "-c", folder)

    (failing,) = answer["failing"]
    assert failing["key"] == "plc.port-expected-present"
    assert failing["since"] <= answer["at"]
    assert failing["since"] >= answer["since"]
    assert str(shut) in failing["said"]
    assert (answer["site"], answer["appliance"]) == ("bench", "edge")
    assert answer["assets"] == {"up": 1, "silent": [], "not_visited": 0}
    assert answer["unknown"] == answer["states"]["unknown"]
    assert answer["hold"] is False
    assert answer["outbox"] == {}
    assert words.returncode == 0
    for said in ("Bench (bench, a laboratory)", "1 answer, 0 silent", failing["key"], str(shut)):
        assert said in words.stdout


def test_a_running_daemon_answers_check_and_keeps_its_lock(upheld, site, daemon):
    folder = site()
    daemon(folder)
    until(upheld, folder, lambda status: status["ledger"]["entries"])
    done = upheld("check", "-c", folder, "--check", "port-expected-present", "--due-anyway")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("bench: 1 pass\n")
