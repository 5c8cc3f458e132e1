"""One cause, one finding: a silent gateway, or an own address that is gone, explains the rest."""

from __future__ import annotations

import asyncio
import errno
import json

import pytest

from appliance.judge.replaying import standings
from appliance.rounds.falling import age
from checks.facts.standing import State
from checks.facts.verdict import Reason
from collectors.errors import Filtered, NoWayOut
from collectors.wire import Wire
from tests.visit.clocks import FakeClock

DAY = 86_400.0
GATEWAY, PLC = "127.0.0.2", "127.0.0.3"


def plant(port):
    return f"""
assets:
  - {{id: gw, zone: cell, address: {GATEWAY}, role: gateway, every: 1h, probing: robust,
     services: [{{port: tcp/{port}, protocol: tcp}}]}}
  - {{id: plc, zone: cell, address: {PLC}, role: plc, every: 1h, probing: robust, behind: gw,
     identity: {{vendor: Example}}, firmware: {{approved: [V1]}},
     services: [{{port: tcp/{port}, protocol: modbus}}]}}
"""


@pytest.fixture
async def port():
    async def hangs_up(reader, writer):
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(hangs_up, "0.0.0.0", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def silent(monkeypatch):
    """Addresses that answer nothing from now on."""
    gone: set[str] = set()
    connected = Wire._connected

    async def connects(wire, target, underway):
        if target.address in gone:
            wire.gate.sent(target, 1, 0)
            raise Filtered(target, "no answer within 3 s", "connecting")
        return await connected(wire, target, underway)

    monkeypatch.setattr(Wire, "_connected", connects)
    return gone


def said(visited, check):
    (found,) = [j for j in visited.judged if j.key.check == check and j.key.subject.asset]
    return found.verdict.outcome.value, found.verdict.reason.value


async def test_what_is_behind_a_silent_gateway_is_unknown_for_that_reason(
    site, rounds, port, silent
):
    clock = FakeClock()
    async with rounds(site(plant(port)), clock) as r:
        await r.visit("gw")
        first = await r.visit("plc")
        assert said(first, "inventory-device-present") == ("pass", "as-expected")
        assert {o.gateway for o in first.observations} == {""}

        silent |= {GATEWAY, PLC}
        clock.pass_(DAY)
        lost = await r.visit("gw", due_anyway=True)
        behind = await r.visit("plc", due_anyway=True)

        assert said(lost, "inventory-device-present") == ("fail", "missing")
        assert said(behind, "inventory-device-present") == ("inconclusive", "gateway-silent")
        assert {o.gateway for o in behind.observations} == {"gw"}
        ours = [j for j in behind.judged if j.key.subject.asset == "plc" and j.check.reads]
        judged = [str(j.key) for j in ours if j.verdict.outcome.value in ("pass", "fail")]
        assert judged == []
        assert Reason.GATEWAY_SILENT in {j.verdict.reason for j in ours}

        clock.pass_(DAY)
        await age(r)
        known = [s for k, s in r.standings.items() if k.subject.asset == "plc"]
        aged = [s for s in known if s.supported < s.since and s.state is State.UNKNOWN]
        assert aged
        assert {s.reason for s in aged} == {Reason.GATEWAY_SILENT}
        assert "gw is silent" in aged[0].said


async def test_a_gateway_that_answers_again_leaves_the_silence_to_the_device(
    site, rounds, port, silent
):
    clock = FakeClock()
    config = site(plant(port))
    async with rounds(config, clock) as r:
        silent |= {GATEWAY, PLC}
        await r.visit("gw")
        await r.visit("plc")

    silent.remove(GATEWAY)
    clock.pass_(2 * DAY)
    async with rounds(config, clock) as r:
        # What the last look at the gateway said outlives a restart.
        assert r.silences.before(r.site.asset("plc")) == "gw"
        await r.visit("gw", due_anyway=True)
        alone = await r.visit("plc", due_anyway=True)

        assert said(alone, "inventory-device-present") == ("fail", "missing")
        assert {o.gateway for o in alone.observations} == {""}
        recorded = [json.loads(body) async for _, body in r.store.entries()]
        assert standings(recorded) == {str(key): s for key, s in r.standings.items()}


async def test_a_device_that_answers_through_it_knows_better(site, rounds, port, silent):
    async with rounds(site(plant(port))) as r:
        silent |= {GATEWAY}
        await r.visit("gw")
        reached = await r.visit("plc")

        assert said(reached, "inventory-device-present") == ("pass", "as-expected")
        assert {o.gateway for o in reached.observations} == {""}


async def test_an_own_address_that_is_gone_is_one_finding(site, rounds, port):
    folder = site(plant(port))
    config = folder / "site.yaml"
    config.write_text(config.read_text().replace("source: 127.0.0.5", "source: 192.0.2.9"))

    async with rounds(folder) as r:
        for asset in ("gw", "plc", "gw", "plc"):
            visited = await r.visit(asset, due_anyway=True)
            gaps = [o for o in visited.observations if o.facts is None]
            assert gaps
            assert {o.reason for o in gaps} == {Reason.BLIND}
            assert "our source address 192.0.2.9 cannot be used" in gaps[0].said

        failing = {k.check for k, s in r.standings.items() if s.state is State.FAIL}
        assert failing == {"self-positive-control"}
        assert {r.guard.loads[a].packets for a in (GATEWAY, PLC)} == {0}
        unknown = [j for j in visited.judged if j.key.subject.asset and j.check.reads]
        passing = [str(j.key) for j in unknown if j.verdict.outcome.value in ("pass", "fail")]
        assert passing == []


async def test_one_device_without_a_route_is_not_our_whole_network(site, rounds, port, monkeypatch):
    reach = Wire._connected

    async def routeless(wire, target, underway):
        if target.address == PLC:
            raise NoWayOut(target, "our own machine has no route there") from OSError(
                errno.ENETUNREACH, "no route"
            )
        return await reach(wire, target, underway)

    monkeypatch.setattr(Wire, "_connected", routeless)
    async with rounds(site(plant(port))) as r:
        await r.visit("gw")
        visited = await r.visit("plc")

        assert said(visited, "inventory-device-present") == ("inconclusive", "blind")
        assert r.taking.controls.newest() == ()

        visited = await r.visit("gw", due_anyway=True)
        assert said(visited, "inventory-device-present") == ("pass", "as-expected")


async def test_a_zone_cut_off_is_one_alert_and_not_one_for_each_of_its_assets(
    site, rounds, port, silent
):
    names = [f"plc-{n}" for n in range(12)]
    addresses = {name: f"127.0.1.{n + 1}" for n, name in enumerate(names)}
    rows = "".join(
        f"  - {{id: {name}, zone: cell, address: {address}, role: plc, every: 1h, probing: robust,\n"
        f"     services: [{{port: tcp/{port}, protocol: tcp}}]}}\n"
        for name, address in addresses.items()
    )
    clock = FakeClock()
    async with rounds(site(f"assets:\n{rows}"), clock) as r:
        for cut in (False, True, True, True):
            silent.update(addresses.values() if cut else ())
            for name in names:
                await r.visit(name, due_anyway=True)
            clock.pass_(3600.0)
        failing = {str(k) for k, s in r.standings.items() if s.state is State.FAIL}
        unknown = {s.reason for s in r.standings.values() if s.state is State.UNKNOWN}
        said = r.verdicts[
            next(k for k in r.standings if str(k) == "plc-7.inventory-device-present")
        ]

    assert failing == {"cell.zone-answers"}
    assert Reason.MISSING not in unknown
    assert said.said == "zone cell is silent, so silence behind it means nothing."


ZONES = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: dmz, source: 127.0.0.5, kind: monitor}}]
zones:
  - {{id: dmz, name: DMZ, networks: [127.0.0.0/24], sl_t: 2}}
  - {{id: a, name: A, networks: [127.0.1.0/24], sl_t: 2}}
  - {{id: b, name: B, networks: [127.0.2.0/24], sl_t: 2}}
conduits:
  - {{id: dmz-a, from: dmz, to: a, sl_t: 2, denies_by: drop, allow: [tcp/{port}]}}
  - {{id: dmz-b, from: dmz, to: b, sl_t: 2, denies_by: drop, allow: [tcp/{port}]}}
assets:
"""


@pytest.fixture
def zones(site, port, tmp_path):
    """A configuration of two zones of four assets, seen from a third; the addresses by zone."""
    there = {z: [f"127.0.{n}.{i}" for i in range(1, 5)] for n, z in enumerate("ab", 1)}
    rows = "".join(
        f"  - {{id: {z}-{i}, zone: {z}, address: {address}, role: plc, every: 1h, "
        f"probing: robust, services: [{{port: tcp/{port}, protocol: tcp}}]}}\n"
        for z, addresses in there.items()
        for i, address in enumerate(addresses, 1)
    )
    folder = site("")
    text = ZONES.format(state=tmp_path / "state", port=port)
    (folder / "site.yaml").write_text(text + rows)
    return folder, there


def failing(rounds):
    return {str(k) for k, s in rounds.standings.items() if s.state is State.FAIL}


async def rounds_of(r, clock, times):
    """So many turns of every asset, one zone's after the other's; what failed in any of them."""
    ever = set()
    for _ in range(times):
        clock.pass_(3600.0)
        for asset in r.visitable():
            await r.visit(asset.id, due_anyway=True)
            ever |= failing(r)
    return ever


async def test_zones_cut_off_one_after_the_other_are_seen_as_one(zones, rounds, silent):
    folder, there = zones
    clock = FakeClock()
    async with rounds(folder, clock) as r:
        assert await rounds_of(r, clock, 2) == set()
        silent |= {*there["a"], *there["b"]}
        assert await rounds_of(r, clock, 4) == {"site.site-answers"}

        silent.clear()
        await rounds_of(r, clock, 2)
        # Nothing else was found on the way back.
        assert failing(r) == set()
        silent |= {*there["b"]}
        assert await rounds_of(r, clock, 4) == {"b.zone-answers"}


async def test_a_zone_that_stays_away_when_the_others_come_back_is_told_of_then(
    zones, rounds, silent
):
    folder, there = zones
    clock = FakeClock()
    async with rounds(folder, clock) as r:
        await rounds_of(r, clock, 2)
        silent |= {*there["a"], *there["b"]}
        await rounds_of(r, clock, 3)
        silent -= {*there["a"]}
        found = await rounds_of(r, clock, 5)

        assert found == {"site.site-answers", "b.zone-answers"}
        assert failing(r) == {"b.zone-answers"}


async def test_a_restart_during_the_silence_finds_nothing_new(zones, rounds, silent):
    folder, there = zones
    clock = FakeClock()
    async with rounds(folder, clock) as r:
        await rounds_of(r, clock, 2)
        silent |= {*there["a"], *there["b"]}
        await rounds_of(r, clock, 3)
    async with rounds(folder, clock) as r:
        assert failing(r) == {"site.site-answers"}
        assert await rounds_of(r, clock, 3) == {"site.site-answers"}
        recorded = [json.loads(body) async for _, body in r.store.entries()]
        assert standings(recorded) == {str(key): s for key, s in r.standings.items()}
