"""Stopping by people, through the real process, seen from the device."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from appliance.ledger.show import show
from appliance.running import commands
from appliance.visit.slots import SEGMENT_SLOTS
from tests.appliance.counting import counting
from tests.appliance.processes import ROOT, UPHELD, daemon, fetched, page, upheld

ROUNDS = 200 if os.environ.get("UPHELD_ENDURE") else 10
NOBODY = 65_534
ASSETS = 6


@pytest.fixture
def device():
    with counting() as made:
        yield made


@pytest.fixture
def folder():
    """A configuration that other users may read too."""
    made = Path(tempfile.mkdtemp(prefix="upheld-"))
    made.chmod(0o755)
    (made / "state").mkdir(mode=0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def busy(folder, device, listen):
    """Six assets that are connected to about every second."""
    config = folder / "config"
    config.mkdir()
    assets = "".join(
        f"  - {{id: plc-{n}, zone: cell, address: 127.0.1.{n}, role: plc, every: 1s,\n"
        f"     services: [{{port: tcp/{device.port}, protocol: s7}}]}}\n"
        for n in range(1, ASSETS + 1)
    )
    (config / "site.yaml").write_text(f"""
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {folder}/state
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
  web: {{listen: "127.0.0.1:{listen}"}}
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
assets:
{assets}""")
    return config


def told(folder, **command):
    answer = asyncio.run(commands.send(folder / "state", command))
    assert answer is not None
    return answer


def written(folder):
    """What people and the guard did, as the ledger has it."""
    found = [body for _, body in show(folder / "state" / "ledger.db", None)]
    return [(b["kind"], b["said"]) for b in found if b["type"] == "guard"]


def silent_after_one_second(device, moment, listening=0.3):
    time.sleep(max(0.0, moment + 1.0 + listening - time.monotonic()))
    return device.since(moment + 1.0) == 0


def test_whatever_way_it_is_held_and_whenever_no_device_hears_of_it_a_second_later(
    busy, folder, device, listen
):
    rng = random.Random()
    file = busy / "STOP"
    with daemon(busy, listen) as process:
        for _ in range(ROUNDS):
            assert device.comes(3)
            time.sleep(rng.uniform(0.0, 0.4))
            way = rng.choice(("command", "file", "signal"))
            moment = time.monotonic()
            if way == "command":
                told(folder, command="hold", scope="site", why="drill")
            elif way == "file":
                file.write_text("drill\n")
            else:
                process.send_signal(signal.SIGUSR1)

            assert silent_after_one_second(device, moment), way
            file.unlink(missing_ok=True)
            answer = told(folder, command="release", scope="site", why="the drill is over")
            assert "said" in answer, answer
    kinds = [kind for kind, _ in written(folder)]
    assert kinds.count("hold.put") == kinds.count("hold.released") == ROUNDS


def test_a_hold_and_its_release_as_a_person_gives_them(busy, folder, device, listen):
    with daemon(busy, listen):
        assert device.comes(3)
        held = upheld("hold", "-c", busy, "--site", "--why", "start-up of line 2")
        moment = time.monotonic()
        assert held.returncode == 0, held.stderr
        assert silent_after_one_second(device, moment)
        status = upheld("status", "-c", busy).stdout
        top = page(listen, "/")
        assert fetched(listen, "upheld_hold", exactly=1) == 1
        released = upheld("release", "-c", busy, "--site", "--why", "it runs")
        assert released.returncode == 0, released.stderr
        assert device.comes(3)

    assert "on hold, nothing is sent since" in status
    assert "start-up of line 2" in status
    assert "start-up of line 2" in top
    (put, said), (gone, why) = written(folder)
    assert (put, gone) == ("hold.put", "hold.released")
    assert "start-up of line 2" in said
    assert "it runs" in why


def test_an_asset_or_a_zone_can_be_held_alone(busy, folder, listen):
    def said(asset):
        return str(told(folder, command="check", asset=asset, due_anyway=True)["observations"])

    with daemon(busy, listen):
        told(folder, command="hold", scope="asset:plc-1", why="work on it")
        one, other = said("plc-1"), said("plc-2")
        told(folder, command="hold", scope="zone:cell", why="work on all")
        zone = said("plc-2")
        site_held = fetched(listen, "upheld_hold", exactly=0)

    assert "Asset plc-1 is on hold" in one
    assert "is on hold" not in other
    assert "Zone cell is on hold" in zone
    assert site_held == 0


def test_a_hold_outlives_sudden_death(busy, folder, device, listen):
    with daemon(busy, listen) as first:
        assert device.comes(3)
        told(folder, command="hold", scope="site", why="something smells")
        first.kill()
        first.wait()
    moment = time.monotonic()
    with daemon(busy, listen):
        assert fetched(listen, "upheld_hold", exactly=1) == 1
        assert silent_after_one_second(device, moment, listening=1.0)
        assert device.since(moment) == 0
        assert "something smells" in page(listen, "/")
        told(folder, command="release", scope="site", why="it was the coffee")
        assert device.comes(3)


def test_a_hold_file_that_is_there_from_the_start_lets_nothing_out(busy, folder, device, listen):
    (busy / "STOP").write_text("shutdown until Monday\n")
    with daemon(busy, listen):
        refused = told(folder, command="release", scope="site", why="now")
        time.sleep(1.5)
        (busy / "STOP").unlink()
        # Whoever may put a file there need not be one who may start us.
        assert fetched(listen, "upheld_hold", exactly=1) == 1

    assert "is still there; remove it first" in refused["error"]
    assert device.at == []
    assert "shutdown until Monday" in written(folder)[0][1]


def as_somebody_else(*words):
    """
    The exit code and all it said.

    In a child of this process, which has everything loaded: an ordinary user may not be able to
    read the files.
    """
    # What an error message is made with is loaded late.
    CliRunner().invoke(app, ["hold", "-c", "/nonexistent"])
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            done = CliRunner().invoke(app, words)
            os.write(1, done.output.encode())
            code = done.exit_code
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


@pytest.mark.skipif(os.geteuid() != 0, reason="wants to be another user")
def test_more_people_may_stop_it_than_start_it(busy, folder, listen):
    with daemon(busy, listen):
        far = as_somebody_else("hold", "-c", str(busy), "--why", "who am I")
        # As where the group upheld-stop exists.
        os.chown(folder / "state" / commands.NAME, -1, NOBODY)
        near = as_somebody_else("hold", "-c", str(busy), "--why", "smoke")
        refused = [
            as_somebody_else("release", "-c", str(busy), "--site", "--why", "mine"),
            as_somebody_else("check", "-c", str(busy)),
        ]
        still = fetched(listen, "upheld_hold", exactly=1)

    assert far[0] == 2
    assert "may not command the running upheld" in far[1]
    assert near[0] == 0
    assert "by nobody: smoke" in near[1]
    for code, said in refused:
        assert code == 2
        assert "needs root or membership of the group upheld-operators" in said
        assert "Traceback" not in said
    assert still == 1
    assert [kind for kind, _ in written(folder)] == ["hold.put"]


@pytest.mark.parametrize("way", ["file", "signal"])
def test_a_check_without_a_daemon_obeys_too(busy, folder, device, way):
    # Many ports, one connection at a time, so that the first four are still at it.
    shut = ", ".join(f"tcp/{port}" for port in range(20_000, 20_600))
    with (busy / "site.yaml").open("a") as site:
        site.write(f"closed_ports: [{shut}]\n")
    with subprocess.Popen(
        [*UPHELD, "check", "-c", busy], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert device.comes(SEGMENT_SLOTS)
        if way == "file":
            (busy / "STOP").write_text("no\n")
        else:
            process.send_signal(signal.SIGUSR1)
        out, _ = process.communicate(timeout=30)

    assert process.returncode in (1, 3), out
    assert [kind for kind, _ in written(folder)] == ["hold.put"]
    assert len(device.at) == SEGMENT_SLOTS
