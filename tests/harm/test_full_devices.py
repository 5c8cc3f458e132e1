"""Devices whose last place is taken: who holds it, keeps it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

from asyncua import Client, ua
from asyncua.server.uaprocessor import ServiceError

from checks.facts.verdict import Reason
from tests.devices.opcua_server import opcua_server
from tests.harm.appliances import Hurried, guard_entries, head
from tests.harm.conftest import SHORT
from tests.net.plant import modbus

VISITS = 30 if SHORT else 1_000
WHOLE_VISITS = 5 if SHORT else 1_000
HOUR = 3_600.0
PLACES = 3
SOCKETS = 4

ASSET = """
assets:
  - id: plc
    zone: cell-0
    address: 127.70.0.1
    role: plc
    probing: standard
    services: [{{port: tcp/{port}, protocol: {protocol}}}]
"""


@asynccontextmanager
async def three_sessions_held():
    """A server with three places, three clients in them; yields it and who was ever put out."""
    out, held = [], []
    async with AsyncExitStack() as stack:
        device = await stack.enter_async_context(opcua_server(address="127.70.0.1"))
        inside = device.server.iserver
        made = inside.create_session

        def create_session(name, *args, **more):
            live = [s for s in inside._external_sessions.values() if s.state.name != "Closed"]
            if more.get("external") and len(live) >= PLACES:
                raise ServiceError(ua.StatusCodes.BadTooManySessions)
            return made(name, *args, **more)

        inside.create_session = create_session
        for _ in range(PLACES):
            client = Client(f"opc.tcp://127.70.0.1:{device.port}")
            await stack.enter_async_context(client)
            held.append((client, client.get_node("ns=2;s=Level")))
        tokens = set(inside._external_sessions)
        closing = inside.unregister_external_session

        def unregister_external_session(session):
            if session.auth_token in tokens:
                out.append(session)
            closing(session)

        inside.unregister_external_session = unregister_external_session
        yield device, [node for _, node in held], out
        inside.unregister_external_session = closing


async def test_three_held_sessions_outlive_every_visit(appliance, counted):
    clock, busy, whole = Hurried(), 0, 0
    async with three_sessions_held() as (device, nodes, out):
        text = head() + ASSET.format(port=device.port, protocol="opcua")
        async with appliance(text, clock) as rounds:
            before = len(device.asked)
            for _ in range(VISITS):
                clock.pass_(HOUR)
                visited = await rounds.visit("plc", due_anyway=True)
                told = [o for o in visited.observations if o.reason is Reason.BUSY]
                busy += bool(told)
                whole += visited.taken.leave.extent == "whole"
                assert all("it has no room for us" in o.said for o in told)
                for node in nodes:
                    assert await node.read_value() == 1.5
            first = (await guard_entries(rounds, "breaker-opened"))[0]
        # What the three read themselves is no request of ours.
        asked = device.asked[before:].count("CreateSessionRequest")

    assert out == []
    assert busy == asked == whole > 0
    assert "no room for us" in first["said"]
    counted(
        visits=VISITS,
        visits_that_asked_for_a_session=asked,
        visits_that_left_it_alone_or_only_looked=VISITS - whole,
        holders_put_out=len(out),
    )


class FourSockets:
    """A Modbus device that closes its oldest connection when a fifth comes, as M218 and M241 do."""

    def __init__(self):
        self.open = []
        self.accepted = 0
        self.serving = set()

    async def __call__(self, reader, writer):
        self.serving.add(asyncio.current_task())
        self.accepted += 1
        if len(self.open) >= SOCKETS:
            self.open.pop(0).close()
        self.open.append(writer)
        await modbus(reader, writer)
        if writer in self.open:
            self.open.remove(writer)


class Holder:
    """An HMI that keeps a connection and comes back when it is put out."""

    def __init__(self, port, back_after):
        self.port, self.back_after, self.put_out = port, back_after, 0

    async def hold(self, ready):
        while True:
            reader, writer = await asyncio.open_connection("127.70.0.1", self.port)
            ready.release()
            try:
                await reader.read()
                self.put_out += 1
            finally:
                writer.close()
            await asyncio.sleep(self.back_after)


@asynccontextmanager
async def four_sockets(holders, *, back_after=0.0):
    """Such a device, and HMIs that hold so many of its sockets and come back when put out."""
    device, ready = FourSockets(), asyncio.Semaphore(0)
    server = await asyncio.start_server(device, "127.70.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hmis = [Holder(port, back_after) for _ in range(holders)]
    running = [asyncio.create_task(hmi.hold(ready)) for hmi in hmis]
    try:
        for _ in hmis:
            await ready.acquire()
        yield port, device, hmis
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        server.close()
        for writer in device.open:
            writer.close()
        await asyncio.gather(*device.serving)


async def visited_over_and_over(appliance, port, times):
    clock = Hurried()
    async with appliance(head() + ASSET.format(port=port, protocol="modbus"), clock) as rounds:
        for _ in range(times):
            clock.pass_(HOUR)
            await rounds.visit("plc", due_anyway=True)


async def test_with_one_socket_to_spare_nobody_is_put_out(appliance, counted):
    async with four_sockets(SOCKETS - 1) as (port, device, hmis):
        await visited_over_and_over(appliance, port, WHOLE_VISITS)

        # It identifies itself, so each visit had both canaries and the question.
        assert device.accepted == len(hmis) + 3 * WHOLE_VISITS
        assert [hmi.put_out for hmi in hmis] == [0] * len(hmis)
        counted(visits=WHOLE_VISITS, connections_of_ours=3 * WHOLE_VISITS, holders_put_out=0)


async def test_without_one_all_are_put_out_once_in_a_breaker_period(appliance, counted):
    """
    HMIs that come back at once put out one another, and in the end us: a slammed door to us.
    """
    async with four_sockets(SOCKETS) as (port, device, hmis):
        await visited_over_and_over(appliance, port, 3)
        put_out = sum(hmi.put_out for hmi in hmis)
        ours = device.accepted - len(hmis) - put_out

        assert (ours, put_out) == (3, 3 * SOCKETS)
        counted(visits=3, connections_of_ours=ours, holders_put_out=put_out)


async def test_who_comes_back_later_is_put_out_by_every_connection(appliance, counted):
    """
    Such a device never says that it is full, so nothing that is measured can prevent this.

    What can is known by its owner alone: docs/harmlessness.md has him leave a socket free, enter
    our address as one that is never put out, or leave the port out of the inventory.
    """
    async with four_sockets(SOCKETS, back_after=0.3) as (port, _, hmis):
        await visited_over_and_over(appliance, port, 3)
        put_out = sum(hmi.put_out for hmi in hmis)

        assert 0 < put_out <= 9
        counted(visits=3, connections_of_ours=9, holders_put_out=put_out)


async def test_a_port_left_out_of_the_inventory_is_never_connected_to(appliance):
    async with four_sockets(SOCKETS) as (port, device, hmis):
        text = head() + ASSET.format(port=port + 1, protocol="s7")
        async with appliance(text, Hurried()) as rounds:
            await rounds.visit("plc", due_anyway=True)

        assert device.accepted == len(hmis)
        assert [hmi.put_out for hmi in hmis] == [0] * len(hmis)
