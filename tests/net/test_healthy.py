"""What a healthy device gets from us, by the capture and not by our own account."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import replace

import pytest

from appliance.visit.classes import FRAGILE, ROBUST, STANDARD
from collectors.wire import SOURCE_PORTS, Wire
from tests.devices.opcua_server import identity, ours
from tests.net import visits
from tests.net.spaces import cable, possible

pytestmark = pytest.mark.skipif(not possible, reason="needs root, iproute2, nftables, tcpdump")

CLASSES = {
    "fragile": replace(FRAGILE, pause=0.2, connections_a_minute=1_000),
    "standard": replace(STANDARD, pause=0.1, connections_a_minute=1_000),
    "robust": replace(ROBUST, pause=0.0, connections_a_minute=1_000),
}
US = {name: f"10.77.0.{n}" for n, name in enumerate(CLASSES, 1)}
DEVICES = {
    name: f"10.77.0.{n}"
    for n, name in enumerate(("modbus", "opcua", "secure", "snmp", "greeting", "closed"), 11)
}


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """One appliance for each class, side by side: their guards, and what was on the cable."""
    mine = ours(*identity("Upheld", "urn:upheld:test"))
    guards = {name: visits.guard(numbers) for name, numbers in CLASSES.items()}
    file = tmp_path_factory.mktemp("capture") / "visits.pcap"

    async def visit(name, device, said):
        to = visits.target(device, DEVICES[device], US[name])
        guards[name].permit({*guards[name].allowed, (to.address, to.transport, to.port)})
        wire = Wire(guards[name], connect=3, whole=10)
        for _ in range(1 if name == "fragile" else 3):
            for question in visits.questions(wire, to, said, mine):
                await question()

    async def story(said):
        async with asyncio.TaskGroup() as all_of_them:
            for name in CLASSES:
                for device in DEVICES:
                    all_of_them.create_task(visit(name, device, said))

    with cable([*US.values()], list(DEVICES.values())) as it, it.plant_running(DEVICES) as said:
        with it.captured(file) as packets:
            it.inside(lambda: story(said))
        return guards, packets()


@pytest.fixture(params=CLASSES)
def seen(capture, request):
    """The class's numbers, its guard, the packets from and to it."""
    guards, packets = capture
    us = US[request.param]
    mine = [p for p in packets if us in (p.source[0], p.to[0])]
    assert {p.to[0] for p in mine if p.source[0] == us} == set(DEVICES.values())
    return CLASSES[request.param], guards[request.param], mine


def sent(packets):
    return [p for p in packets if p.source[0] in US.values()]


def test_no_device_sees_a_reset(seen):
    _, _, packets = seen

    assert [p for p in sent(packets) if "R" in p.flags] == []


def test_the_account_is_the_capture(seen):
    _, guard, packets = seen

    assert Counter(p.to[0] for p in sent(packets)) == guard.packets


def test_no_second_sees_more_than_burst_and_rate(seen):
    numbers, _, packets = seen
    for address in DEVICES.values():
        times = [p.at for p in sent(packets) if p.to[0] == address]
        most = max(sum(at <= t < at + 1 for t in times) for at in times)

        assert most <= numbers.burst + numbers.packets_a_second


def test_one_connection_at_a_time(seen):
    _, _, packets = seen
    for address in DEVICES.values():
        spans = {}
        for p in packets:
            if p.tcp and address in (p.to[0], p.source[0]):
                port = p.source[1] if p.source[0] in US.values() else p.to[1]
                first, _ = spans.get(port, (p.at, p.at))
                spans[port] = first, p.at
        ordered = sorted(spans.values())
        overlaps = [(a, b) for a, b in itertools.pairwise(ordered) if b[0] < a[1] - 1e-6]

        assert overlaps == []


def test_every_packet_leaves_from_a_known_port(seen):
    _, _, packets = seen

    assert {p.source[1] for p in sent(packets)} <= set(SOURCE_PORTS)
