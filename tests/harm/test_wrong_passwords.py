"""A hundred devices with one credential: a wrong password is one failed login on the wire."""

from __future__ import annotations

import asyncio

import pytest

from appliance.visit.slots import SEGMENT_SLOTS
from checks.facts.snmp import SnmpSystem
from tests.harm.agents import GOOD, PRIV, USER, agents
from tests.harm.appliances import Hurried, guard_entries, head
from tests.harm.conftest import SHORT

ZONES, EACH = 5, 20
ADDRESSES = [f"127.{70 + z}.0.{n}" for z in range(ZONES) for n in range(1, EACH + 1)]
ANSWERING = ADDRESSES[::20] if SHORT else ADDRESSES
VISITS = 1 if SHORT else 10
DAY = 86_400

pytestmark = pytest.mark.usefixtures("patient")


def named(address):
    return f"sw-{address.replace('.', '-')}"


def site(port, addresses):
    rows = "".join(
        f"""
  - {{id: {named(a)}, zone: cell-{int(a.split(".")[1]) - 70}, address: {a}, role: other,
     probing: fragile, services: [{{port: udp/{port}, protocol: snmp, credential: read}}]}}"""
        for a in addresses
    )
    return (
        head(zones=ZONES)
        + f"""
credentials:
  - id: read
    kind: snmpv3
    user: {USER}
    auth: {{protocol: SHA-256, secret: {{file: secrets/auth}}}}
    priv: {{protocol: AES-128, secret: {{file: secrets/priv}}}}
assets:{rows}
"""
    )


def secrets_of(folder, **values):
    (folder / "secrets").mkdir(exist_ok=True)
    for name, value in values.items():
        file = folder / "secrets" / name
        file.write_text(value)
        file.chmod(0o600)


async def visited(rounds):
    """Everybody at the same time; whose description was read."""
    every = await asyncio.gather(*(rounds.visit(a.id, due_anyway=True) for a in rounds.visitable()))
    return {v.asset for v in every if any(isinstance(o.facts, SnmpSystem) for o in v.observations)}


async def test_a_wrong_password_is_tried_once_and_no_more(appliance, folder, counted):
    secrets_of(folder, auth="wrong-auth-Secret-1", priv=PRIV)
    clock = Hurried()
    async with agents(ADDRESSES) as (there, port):
        for _ in range(VISITS):
            # Whoever restarts it does not start it anew, and neither does the next day.
            async with appliance(site(port, ADDRESSES), clock) as rounds:
                assert await visited(rounds) == set()
                latched = await guard_entries(rounds, "credential.latched")
            clock.pass_(DAY)
        attempts = sum(agent.attempts for agent in there)
        heard = sum(bool(agent.heard) for agent in there)

    assert attempts == sum(agent.refused for agent in there) == 1
    assert len(latched) == 1
    assert "latched everywhere" in latched[0]["said"]
    counted(
        devices=len(there),
        visits=VISITS * len(there),
        devices_that_were_sent_anything=heard,
        login_attempts_on_the_wire=attempts,
    )


async def test_one_device_that_refuses_what_all_others_take_is_alone_in_its_latch(
    appliance, folder, counted
):
    secrets_of(folder, auth=GOOD, priv=PRIV)
    clock = Hurried()
    async with (
        agents(ANSWERING) as (there, port),
        appliance(site(port, ANSWERING), clock) as rounds,
    ):
        assert len(await visited(rounds)) == len(there)
        changed = there[-3]
        changed.tell("changed-by-Somebody-9")
        before = changed.attempts
        for _ in range(VISITS):
            clock.pass_(DAY)
            assert {named(a.address) for a in there} - await visited(rounds) == {
                named(changed.address)
            }
        latched = await guard_entries(rounds, "credential.latched")

    assert changed.attempts - before == changed.refused == 1
    assert [a.refused for a in there if a is not changed] == [0] * (len(there) - 1)
    assert len(latched) == 1
    assert changed.address in latched[0]["said"]
    assert "everywhere" not in latched[0]["said"]
    counted(devices=len(there), visits=VISITS * len(there), refused_logins=changed.refused)


async def test_when_all_change_it_at_once_only_what_is_under_way_is_refused(
    appliance, folder, counted
):
    """It had worked everywhere, so they do not take turns; nobody begins after the second no."""
    secrets_of(folder, auth=GOOD, priv=PRIV)
    clock = Hurried()
    async with (
        agents(ANSWERING) as (there, port),
        appliance(site(port, ANSWERING), clock) as rounds,
    ):
        await visited(rounds)
        for agent in there:
            agent.tell("changed-by-Somebody-9")
        assert await visited(rounds) == set()
        latched = await guard_entries(rounds, "credential.latched")
        refused = sum(agent.refused for agent in there)
        assert await visited(rounds) == set()

    assert 0 < refused <= ZONES * SEGMENT_SLOTS
    assert sum(agent.refused for agent in there) == refused
    assert "latched everywhere" in latched[-1]["said"]
    counted(devices=len(there), refused_logins=refused)
