"""Agents that are asked over a path that loses every fifth datagram: late is not broken."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from appliance.visit import classes, visit
from checks.facts.standing import State
from checks.facts.verdict import Reason
from tests.harm.agents import GOOD, PRIV, USER, agents
from tests.harm.appliances import Hurried, guard_entries, head
from tests.harm.conftest import SHORT
from tests.harm.lossy import Path

DELAY = 0.03 if SHORT else 3.0
AGENTS = 8 if SHORT else 20
VISITS = 3
ZONES = 1 if SHORT else 10
HOUR = 3_600.0


@pytest.fixture
def numbers(monkeypatch):
    """What a standard device bears over a cellular link, without the pauses; all of it hurried."""
    plain = classes.STANDARD
    connect, whole = (0.1, 2.0) if SHORT else (plain.connect, plain.whole)
    monkeypatch.setattr(
        classes, "LABORATORY", replace(classes.LABORATORY, connect=connect, whole=whole)
    )
    if SHORT:
        monkeypatch.setattr(visit, "AGAIN_SECONDS", 0.01)


def near(n):
    """Where agent N is."""
    return f"127.{70 + n % ZONES}.0.{n}"


def far(n):
    """Where it is over the path."""
    return f"127.{70 + n % ZONES}.1.{n}"


def site(folder, port, kind):
    for name, secret in (("auth", GOOD), ("priv", PRIV)):
        (folder / name).write_text(secret)
        (folder / name).chmod(0o600)
    rows = "".join(
        f"""
  - {{id: switch-{n}, zone: cell-{n % ZONES}, address: {far(n)}, role: other, link: {{kind: cellular}},
     probing: {kind}, every: 1h, services: [{{port: udp/{port}, protocol: snmp, credential: v3-{n}}}]}}"""
        for n in range(1, AGENTS + 1)
    )
    # One for each: attempts with one that has worked nowhere yet would take turns.
    credentials = "".join(
        f"""
  - {{id: v3-{n}, kind: snmpv3, user: {USER}, auth: {{protocol: SHA-256, secret: {{file: auth}}}},
     priv: {{protocol: AES-128, secret: {{file: priv}}}}}}"""
        for n in range(1, AGENTS + 1)
    )
    return f"""{head(zones=ZONES)}
credentials:{credentials}
assets:{rows}
"""


async def visits(rounds, clock):
    """What came of the one question of all visits: facts, or the reason there are none."""
    came = Counter()
    for _ in range(VISITS):
        names = [a.id for a in rounds.visitable()]
        for visited in await asyncio.gather(*(rounds.visit(n, due_anyway=True) for n in names)):
            for seen in visited.observations:
                if seen.question == "snmp-system":
                    came[seen.reason or "answered"] += 1
        clock.pass_(HOUR)
    return came


async def over_the_path(appliance, folder, seed, kind, path=None):
    path, clock = path or Path(DELAY, seed=seed), Hurried()
    async with AsyncExitStack() as stack:
        numbers = range(1, AGENTS + 1)
        _, port = await stack.enter_async_context(agents([near(n) for n in numbers]))
        for n in numbers:
            await stack.enter_async_context(path.udp(far(n), near(n), port))
        async with appliance(site(folder, port, kind), clock) as rounds:
            came = await visits(rounds, clock)
            opened = await guard_entries(rounds, "breaker-opened")
            lost = [str(k) for k, s in rounds.standings.items() if s.state is State.FAIL]
            loads = [load.octets for load in rounds.guard.loads.values()]
    return path, came, opened, lost, loads


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize("kind", ["standard"] if SHORT else ["standard", "robust"])
async def test_a_device_that_only_speaks_snmp_is_not_left_alone_for_lost_datagrams(
    appliance, folder, counted, kind
):
    path, came, opened, lost, loads = await over_the_path(appliance, folder, 1, kind)

    assert path.lost > 0
    assert came[Reason.TIMEOUT] > VISITS * AGENTS // 2, came
    assert opened == []
    assert [key for key in lost if key.endswith("inventory-device-present")] == []
    assert max(loads) <= VISITS * 32 * 1024
    counted(
        agents=AGENTS,
        visits=VISITS * AGENTS,
        delay_s=f"{DELAY:g}",
        datagrams_lost=path.lost,
        questions_answered=came["answered"],
        questions_met_with_silence=came[Reason.TIMEOUT],
        breakers_opened=len(opened),
        devices_taken_for_lost=0,
    )


async def test_a_path_that_only_is_slow_costs_no_answer(appliance, folder, monkeypatch):
    """Two answers take longer than a device has for one: who it is, and what it was asked."""
    monkeypatch.setattr(
        classes, "LABORATORY", replace(classes.LABORATORY, connect=0.35, whole=10.0)
    )
    monkeypatch.setattr("tests.harm.test_lost_datagrams.AGENTS", 1)
    monkeypatch.setattr("tests.harm.test_lost_datagrams.VISITS", 1)
    slow = Path(0.4, loss=0.0)

    _, came, *_ = await over_the_path(appliance, folder, 1, "standard", slow)

    assert came == {"answered": 1}


@pytest.mark.skipif(not SHORT, reason="the short one shows it")
@pytest.mark.usefixtures("numbers")
async def test_without_a_second_look_they_would_be(appliance, folder, monkeypatch):
    monkeypatch.setattr(visit, "LOOKS", 0)
    *_, opened, _, _ = await over_the_path(appliance, folder, 1, "standard")

    assert opened


class Deaf(asyncio.DatagramProtocol):
    """Hears everything and says nothing."""

    def __init__(self):
        self.heard = []

    def datagram_received(self, data, sender):
        self.heard.append(data)


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize(("kind", "looks"), [("community", 0), ("snmpv3", visit.LOOKS)])
async def test_a_look_says_no_secret_that_may_be_a_wrong_one(appliance, folder, kind, looks):
    loop = asyncio.get_running_loop()
    transport, deaf = await loop.create_datagram_endpoint(Deaf, local_addr=(far(1), 0))
    port = transport.get_extra_info("sockname")[1]
    (folder / "read").write_text("Not-the-right-1")
    (folder / "read").chmod(0o600)
    text = site(folder, port, "standard").replace(
        "credentials:\n",
        "credentials:\n  - {id: read, kind: community, secret: {file: read}}\n",
    )
    if kind == "community":
        text = text.replace("credential: v3-1}", "credential: read}")
    async with appliance(text, Hurried()) as rounds:
        await rounds.visit("switch-1", due_anyway=True)
    transport.close()

    assert len(deaf.heard) == 1 + looks
    assert sum(b"Not-the-right-1" in data for data in deaf.heard) == (kind == "community")
    assert not any(USER.encode() in data for data in deaf.heard)
