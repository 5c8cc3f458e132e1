"""The commands by which people stop it and let it go on, with a daemon and without."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from appliance.cli.stopping import GUARD_FILE
from appliance.clock import SystemClock
from appliance.ledger.show import show
from appliance.running import commands, lock
from appliance.visit.guard.hold import Holds
from appliance.visit.guard.kept import Kept

EXAMPLE = Path(__file__).parents[2] / "config" / "example"


@pytest.fixture
def config(tmp_path):
    directory = tmp_path / "config"
    shutil.copytree(EXAMPLE, directory)
    text = (directory / "site.yaml").read_text()
    state = tmp_path / "state"
    (directory / "site.yaml").write_text(text.replace("/var/lib/upheld", str(state)))
    return directory


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


def upheld(*words):
    return CliRunner().invoke(app, [str(w) for w in words])


def held(state):
    kept = Kept.open(state / GUARD_FILE)
    try:
        return [(h.scope, h.why) for h in Holds(kept, SystemClock()).all()]
    finally:
        kept.close()


def test_without_a_daemon_a_hold_is_kept_and_written_into_the_ledger(config, state):
    assert upheld("hold", "-c", config, "--why", "start-up").exit_code == 0
    assert held(state) == [("site", "start-up")]

    done = upheld("release", "-c", config, "--site", "--why", "running again")
    assert done.exit_code == 0
    assert "released by" in done.output
    assert held(state) == []
    said = [body for _, body in show(state / "ledger.db", None) if body["type"] == "guard"]
    assert [b["kind"] for b in said] == ["hold.put", "hold.released"]


def test_a_hold_with_nothing_named_is_the_whole_site_and_a_release_must_name_it(config, state):
    upheld("hold", "-c", config)
    done = upheld("release", "-c", config, "--why", "x")

    assert done.exit_code == 2
    assert "--site" in done.output
    assert held(state) == [("site", "")]


@pytest.mark.parametrize(
    "words",
    [
        ("hold", "--zone", "nowhere"),
        ("hold", "--site", "--zone", "control"),
        ("hold", "--zone", "control", "--asset", "plc-filter-1"),
        ("release", "--site"),
        ("trust", "--why", "x"),
        ("trust", "plc-filter-1", "--why", "x"),
        ("rearm", "opc-monitor", "--why", "x"),
        ("ack", "site", "--why", "x"),
    ],
)
def test_a_command_that_cannot_be_followed_ends_with_two_and_no_traceback(config, state, words):
    done = upheld(words[0], "-c", config, *words[1:])

    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert not (state / GUARD_FILE).exists() or held(state) == []


def test_whoever_broke_the_configuration_can_still_hold_the_site(config, state):
    (config / "broken.yaml").write_text("zones: [\n")

    assert upheld("hold", "-c", config, "--why", "oops").exit_code == 0
    assert held(state) == [("site", "oops")]
    done = upheld("release", "-c", config, "--site", "--why", "x")
    assert done.exit_code == 2
    assert "broken.yaml" in done.output


def test_without_a_configuration_the_answer_says_how_to_stop_it_at_once(config):
    (config / "site.yaml").unlink()
    done = upheld("hold", "-c", config)

    assert done.exit_code == 2
    assert f"touch /run/upheld/STOP or {config}/STOP" in done.output


def test_a_process_that_takes_no_commands_is_stopped_by_the_file(config, state):
    state.mkdir()
    owned = lock.take(state)
    try:
        done = upheld("hold", "-c", config)
    finally:
        owned.close()

    assert done.exit_code == 2
    assert "To stop it at once: touch" in done.output


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (
            ("hold", "--asset", "gw-1", "--why", "w"),
            {"command": "hold", "scope": "asset:gw-1", "why": "w"},
        ),
        (
            ("release", "--zone", "control", "--why", "w"),
            {"command": "release", "scope": "zone:control", "why": "w"},
        ),
        (
            ("trust", "--type", "s7-1515", "--why", "w"),
            {"command": "trust", "type": "s7-1515", "asset": None, "zone": None, "why": "w"},
        ),
        (
            ("rearm", "opc-monitor", "--why", "w"),
            {"command": "rearm", "credential": "opc-monitor", "why": "w"},
        ),
        (("ack", "site", "--why", "w"), {"command": "ack", "subject": "site", "why": "w"}),
    ],
)
async def test_a_running_daemon_gets_the_command_and_nobody_touches_its_file(
    config, state, words, command, monkeypatch
):
    monkeypatch.delenv("SUDO_USER", raising=False)
    state.mkdir()
    heard = []

    async def handler(said, _peer):
        heard.append(said)
        return {"said": ["done \x1b[31m"]}

    server = await commands.serve(state, handler)
    try:
        done = await asyncio.to_thread(upheld, words[0], "-c", config, *words[1:])
    finally:
        server.close()

    assert done.exit_code == 0
    assert heard == [{**command, "sudo_user": ""}]
    assert done.output == "done \\x1b[31m\n"
    assert not (state / GUARD_FILE).exists()
