"""New devices earn trust: through the rounds, in production, on the test's clock."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from appliance.running import turns
from appliance.site.loading import load
from checks.facts.verdict import Reason
from tests.appliance.passing import lived
from tests.appliance.processes import free_port
from tests.appliance.production import Works, level, looked_after, people
from tests.visit.clocks import FakeClock

HOUR = 3600.0


@pytest.fixture(autouse=True)
def _seldom(monkeypatch):
    monkeypatch.setattr(turns, "LOOK_SECONDS", 1800.0)


@pytest.fixture
def works(tmp_path):
    return Works(tmp_path, free_port())


def asked(visited):
    return {o.question for o in visited.observations if o.facts is not None} - {"presence"}


def test_from_planned_to_active_and_its_sibling_too(works):
    clock = FakeClock()

    async def story():
        async with works.running(clock) as rounds:
            assert [level(rounds, a) for a in ("plc-1", "plc-2")] == ["planned"] * 2
            first = await rounds.visit("plc-1")
            await rounds.visit("plc-2")
            early = people(rounds, command="trust", asset="plc-1", why="quick")
            async with looked_after(rounds):
                await asyncio.sleep(23 * HOUR)
                still = level(rounds, "plc-1")
                await asyncio.sleep(2 * HOUR)
            waits = level(rounds, "plc-1")
            unwatched = await rounds.visit("plc-1", due_anyway=True)
            granted = people(rounds, command="trust", asset="plc-1", why="I watch")
            whole = await rounds.visit("plc-1", due_anyway=True)
            levels = [level(rounds, a) for a in ("plc-1", "plc-2")]
            sibling = await rounds.visit("plc-2", due_anyway=True)
            return first, early, still, waits, unwatched, granted, whole, levels, sibling

    first, early, still, waits, unwatched, granted, whole, levels, sibling = lived(clock, story())
    assert asked(first) == {"tcp-port"}
    assert "only checked for life" in early.error
    assert (still, waits) == ("canary", "supervised")
    assert asked(unwatched) == {"tcp-port"}
    assert unwatched.taken.leave.why.endswith("upheld trust plc-1")
    assert not granted.error
    assert "modbus-identity" in asked(whole)
    assert [e.kind for e in whole.taken.events] == ["trust.active", "trust.active"]
    assert levels == ["active", "active"]
    assert "modbus-identity" in asked(sibling)


def active(works, story):
    """A story that begins with both assets active."""
    clock = FakeClock()

    async def whole():
        async with works.running(clock) as rounds:
            for asset in ("plc-1", "plc-2"):
                await rounds.visit(asset)
            async with looked_after(rounds):
                await asyncio.sleep(25 * HOUR)
            people(rounds, command="trust", asset="plc-1", why="I watch")
            await rounds.visit("plc-1", due_anyway=True)
            assert level(rounds, "plc-2") == "active"
            return await story(rounds)

    return lived(clock, whole())


def test_another_serial_number_in_the_inventory_is_another_device(works):
    works.own["plc-1"] = ", identity: {serial: A-1}"

    async def story(rounds):
        works.own["plc-1"] = ", identity: {serial: B-2}"
        works.reload(rounds)
        visited = await rounds.visit("plc-1", due_anyway=True)
        return visited, level(rounds, "plc-1"), level(rounds, "plc-2")

    visited, first, second = active(works, story)
    assert (first, second) == ("supervised", "active")
    assert asked(visited) == {"tcp-port"}
    (event,) = visited.taken.events
    assert event.kind == "trust.withdrawn"
    assert "serial from A-1 to B-2" in event.said


def test_another_firmware_seen_by_a_visit_goes_back_and_is_not_visited_on(works):
    async def story(rounds):
        works.devices[0].revision = "V2.0"
        seen = await rounds.visit("plc-1", due_anyway=True)
        return seen, await rounds.visit("plc-1", due_anyway=True), level(rounds, "plc-1")

    seen, after, now = active(works, story)
    assert [e.kind for e in seen.taken.events] == ["trust.withdrawn"]
    assert now == "supervised"
    assert asked(after) == {"tcp-port"}


def test_a_renamed_asset_begins_anew_and_what_was_not_asked_is_no_pass(works):
    async def story(rounds):
        site = works.write() / "site.yaml"
        site.write_text(site.read_text().replace("{id: plc-1,", "{id: plc-9,"))
        rounds.adopt(load(site.parent))
        visited = await rounds.visit("plc-9")
        return visited, level(rounds, "plc-9")

    visited, now = active(works, story)
    assert now == "canary"
    assert asked(visited) == {"tcp-port"}
    identity = [j for j in visited.judged if j.check.id == "modbus-identity-matches-inventory"]
    assert all(j.verdict.outcome != "pass" for j in identity)
    assert {o.reason for o in visited.observations if o.facts is None} <= {Reason.NOT_PERMITTED}


def test_a_newcomer_is_told_why_nothing_was_asked_and_what_to_do(works):
    config = works.write()
    done = CliRunner().invoke(app, ["check", "-c", str(config)])
    said = " ".join(done.output.split())

    assert done.exit_code in (1, 3)
    for asset in ("plc-1", "plc-2"):
        because = f"{asset} is only checked for life for another 24.0 h"
        assert f"{asset}: only looked at, because {because}" in said
    assert 'upheld trust ASSET --why "..."' in said
    assert "laboratory: true" in said
    assert "modbus" not in said
