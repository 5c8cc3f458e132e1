"""Every fifth piece lost and an answer that takes seconds: late is neither wrong nor broken."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes

from appliance.visit import classes
from checks.facts.standing import State
from checks.facts.verdict import Outcome
from tests.devices.opcua_server import identity, opcua_server, ours
from tests.harm.agents import GOOD, PRIV, USER, agents
from tests.harm.appliances import Hurried, guard_entries, head
from tests.harm.conftest import SHORT
from tests.harm.farm import Device
from tests.harm.lossy import Path

DELAY = 0.2 if SHORT else 3.0
SEEDS = range(1 if SHORT else 3)
OPCUA, RTU, SWITCH = "127.70.0.1", "127.70.0.2", "127.70.0.3"
FAR = 10


@pytest.fixture
def numbers(monkeypatch):
    """What a standard device bears over a cellular link, without the pauses."""
    plain = classes.STANDARD
    if SHORT:
        return
    monkeypatch.setattr(
        classes,
        "LABORATORY",
        replace(classes.LABORATORY, connect=plain.connect, whole=plain.whole),
    )


def further(address):
    """The far end of the bad path."""
    return f"127.70.0.{int(address.rpartition('.')[2]) + FAR}"


def site(folder, ports, pin, where):
    folder.mkdir(exist_ok=True)
    for name, secret in (("auth", GOOD), ("priv", PRIV), ("opc", "seven-Seas")):
        (folder / name).write_text(secret)
        (folder / name).chmod(0o600)
    link = "link: {kind: cellular}, probing: standard"
    switch = f"""
  - {{id: switch, zone: cell-0, address: {where(SWITCH)}, role: other, {link},
     services: [{{port: udp/{ports[SWITCH]}, protocol: snmp, credential: v3}}]}}
"""
    return (
        head()
        + f"""
credentials:
  - {{id: opc, kind: password, user: monitor, secret: {{file: opc}}}}
  - {{id: own, kind: certificate, certificate: {{file: own.pem}}, key: {{file: own.key}}}}
  - id: v3
    kind: snmpv3
    user: {USER}
    auth: {{protocol: SHA-256, secret: {{file: auth}}}}
    priv: {{protocol: AES-128, secret: {{file: priv}}}}
assets:
  - {{id: plc, zone: cell-0, address: {where(OPCUA)}, role: plc, {link},
     services: [{{port: tcp/{ports[OPCUA]}, protocol: opcua, credential: opc, certificate: own,
                 trust: {{sha256: {pin}}}}}]}}
  - {{id: rtu, zone: cell-0, address: {where(RTU)}, role: rtu, {link},
     services: [{{port: tcp/{ports[RTU]}, protocol: modbus}}]}}
"""
        + ("" if SHORT else switch)
    )


async def verdicts(rounds):
    """By asset and check; and what the guard wrote down."""
    every = await asyncio.gather(*(rounds.visit(a.id, due_anyway=True) for a in rounds.visitable()))
    found = {
        (j.key.subject.asset, j.key.subject.service, j.check.id): j
        for visited in every
        for j in visited.judged
        if j.key.subject.asset
    }
    return found, await guard_entries(rounds)


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize("seed", SEEDS)
async def test_late_and_lost_pieces_change_no_verdict_and_open_no_breaker(
    appliance, folder, counted, seed
):
    path = Path(DELAY, scale=DELAY / 3, seed=seed)
    known, own = identity("Line 1", "urn:line"), ours(*identity("Upheld", "urn:upheld:test"))
    (folder / "own.pem").write_bytes(own.certificate)
    (folder / "own.key").write_bytes(own.key)
    (folder / "own.key").chmod(0o600)
    pin = known[0].fingerprint(hashes.SHA256()).hex()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(opcua_server(secured=known, address=OPCUA))
        rtu = Device(RTU, 0)
        stack.push_async_callback(rtu.close)
        _, snmp = await stack.enter_async_context(agents([SWITCH]))
        ports = {OPCUA: server.port, RTU: rtu.port, SWITCH: snmp}
        for address in (OPCUA, RTU):
            await stack.enter_async_context(path.tcp(further(address), address, ports[address]))
        await stack.enter_async_context(path.udp(further(SWITCH), SWITCH, snmp))
        async with appliance(site(folder, ports, pin, str), Hurried()) as rounds:
            near, _ = await verdicts(rounds)
        async with appliance(site(folder, ports, pin, further), Hurried()) as rounds:
            far, said = await verdicts(rounds)
            loads = dict(rounds.guard.loads)
            asked = {a.id: rounds.planned[a.id] for a in rounds.visitable()}

    # What rests on one visit's silence is no state yet.  The far visit is the same appliance's
    # second: what was silent near by, and is again, stands then.
    wrong = {
        key: (near[key].after.state, j.after.state)
        for key, j in far.items()
        if j.after.state.value
        not in (near[key].after.state.value, near[key].verdict.outcome.value, State.UNKNOWN.value)
    }
    changed = {k for k, j in far.items() if j.verdict.outcome != near[k].verdict.outcome}
    assert far.keys() == near.keys()
    assert wrong == {}
    assert {k for k in changed if k[0] != "switch"} == set()
    assert path.late > 0
    assert {e["subject"] for e in said if e["kind"] == "breaker-opened"} == set()
    where = {"plc": OPCUA, "rtu": RTU, "switch": SWITCH}
    for asset, address in ((a, where[a]) for a in asked):
        assert 0 < loads[further(address)].octets < sum(a.question.octets for a in asked[asset])
    counted(
        delay_s=f"{DELAY:g}",
        pieces_late=path.late,
        datagrams_lost=path.lost,
        verdicts_the_same=len(far) - len(changed),
        verdicts_inconclusive_instead=sum(
            far[k].verdict.outcome is Outcome.INCONCLUSIVE for k in changed
        ),
        verdicts_that_rest_on_silence_instead=sum(
            far[k].verdict.outcome is not Outcome.INCONCLUSIVE for k in changed
        ),
        states_wrong=len(wrong),
        breakers_opened=0,
    )
