"""Answers of absurd size: each is cut by the wire, quickly and without being kept."""

from __future__ import annotations

import asyncio
import gzip
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count, repeat
from random import Random

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from collectors import http, opcua, snmp, snmp_tables, ssh, tls
from collectors.allowed import Permissions
from collectors.credentials import Community, Trust
from collectors.errors import Unintelligible
from collectors.wire import Target
from tests.devices.opcua_raw import ACKNOWLEDGE, endpoint, framed
from tests.devices.snmp_peers import NULL, asked, oid, peer, reply, tlv
from tests.fuzz.hostile import bounded, wire
from tests.fuzz.memory import InMemory, Spoiling
from tests.fuzz.subjects.opcua import server
from tests.fuzz.subjects.subject import script
from tests.fuzz.subjects.tls import recorded

MIB = 1 << 20
BOUNDS = {"seconds": 16, "octets": 16 * MIB}
# As a device of the standard class has it; what is cut does not come near.
WHOLE = 15.0
SURE = wire(connect=3.0, whole=WHOLE)
READ = Community("s3cret")


@pytest.fixture
async def peer_of():
    """`await peer_of(*answers)`: a port that says one of them for each message it hears."""
    servers, underway = [], set()

    async def begin(*answers: Callable[[bytes], Iterable[bytes]]) -> int:
        async def serve(reader, writer):
            task = asyncio.current_task()
            underway.add(task)
            task.add_done_callback(underway.discard)
            with suppress(OSError):
                for answer in answers:
                    for part in answer(await reader.read(65_536)):
                        writer.write(part)
                        await writer.drain()
                await reader.read()
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return servers[-1].sockets[0].getsockname()[1]

    yield begin
    for each in servers:
        each.close()
    for task in underway:
        task.cancel()
    if underway:
        await asyncio.wait(underway)


def says(*parts: bytes) -> Callable[[bytes], Iterable[bytes]]:
    return lambda _: parts


def target(port: int, protocol: str, **permits) -> Target:
    transport = "udp" if protocol == "snmp" else "tcp"
    return Target("asset-1", "127.0.0.1", transport, port, protocol, permits=Permissions(**permits))


async def cut(asking) -> str:
    """What a question that is cut short says; in time, and without much memory."""
    async with bounded(**BOUNDS):
        with pytest.raises(Unintelligible) as told:
            await asking
    return str(told.value)


GIANT = 0x7FFF_FFFF
ENDPOINTS = struct.pack("<i", 1_000_000)


@pytest.mark.parametrize("length", [GIANT, 0xFFFF_FFFF, 65_536])
async def test_a_chunk_of_two_gigabytes_is_refused_by_its_header(peer_of, length):
    head = b"MSGF" + struct.pack("<I", length)
    right = server()()
    port = await peer_of(
        says(ACKNOWLEDGE),
        lambda asked: [right(asked)],
        says(head, *repeat(bytes(65_536), 64)),
    )

    assert "malformed or too long" in await cut(opcua.endpoints(SURE, target(port, "opcua")))


def listing(count_: bytes, rows: int) -> bytes:
    """An answer to GetEndpoints that announces `count_` rows and holds `rows`."""
    answer = ua.GetEndpointsResponse()
    answer.Endpoints = []
    head = struct_to_binary(answer)[:-4]
    return head + count_ + struct_to_binary(endpoint()) * rows


def chunks(request: bytes, body: bytes, size: int = 60_000) -> Iterable[bytes]:
    """The body in chunks, all of which but the last say that more follows."""
    number = request[20:24]
    for sequence in count():
        part, body = body[:size], body[size:]
        inner = struct.pack("<II", 7, 1) + struct.pack("<I", 2 + sequence) + number + part
        yield framed(b"MSG", inner, b"C" if body else b"F")
        if not body:
            return


@pytest.mark.parametrize("rows", [0, 200, 5_000])
async def test_a_million_endpoints_are_not_waited_for(peer_of, rows):
    body, right = listing(ENDPOINTS, rows), server()()
    port = await peer_of(
        says(ACKNOWLEDGE),
        lambda asked: [right(asked)],
        lambda request: chunks(request, body),
    )

    await cut(opcua.endpoints(SURE, target(port, "opcua")))


async def test_chunks_without_an_end_are_cut(peer_of):
    right = server()()
    port = await peer_of(
        says(ACKNOWLEDGE),
        lambda asked: [right(asked)],
        lambda request: chunks(request, bytes(4 * MIB), 1_000),
    )

    await cut(opcua.endpoints(SURE, target(port, "opcua")))


ROW = tlv(0x30, tlv(6, b"\x2b\x06") + NULL)


async def test_a_datagram_full_of_bindings_is_no_answer():
    """As many as one datagram can hold; a hundred thousand would not fit."""

    def answer(datagram: bytes) -> bytes:
        return reply(datagram, [(b"\x2b\x06", NULL)] * 7_200)

    async with peer(answer) as agent:
        await cut(snmp.system(SURE, target(agent.port, "snmp"), credential=READ))
    assert len(answer(agent.heard[0])) > 57_000


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("step", [True, False])
async def test_a_walk_without_an_end_ends(bulk, step):
    """A table of 100,000 rows and more, and one that repeats its row for good."""
    numbers = count(1)

    def answer(datagram: bytes) -> bytes:
        pdu, names = asked(datagram)
        if pdu == 0xA0:
            return reply(datagram, [(name, tlv(2, b"\1")) for name in names])
        column = names[0][:9]
        rows = [column + number(next(numbers) if step else 7) for _ in range(20 if bulk else 1)]
        return reply(datagram, [(row, tlv(2, b"\1")) for row in rows])

    at = wire(connect=3.0, whole=WHOLE, packets=60)
    async with peer(answer) as agent:
        asking = snmp_tables.interfaces(at, target(agent.port, "snmp", bulk=bulk), credential=READ)
        said = await cut(asking)
    assert ("goes back" in said) is not step
    assert len(agent.heard) <= 60


def number(arc: int) -> bytes:
    """An arc of an OID, always of three octets, so that names grow as numbers do."""
    return oid(f"1.3.{arc + 0x4000}")[1:]


async def test_a_chain_of_a_megabyte_is_not_read_to_its_end(peer_of):
    """The right ServerHello, then certificates without an end."""
    hello = recorded(2)
    size = int.from_bytes(hello[3:5], "big")
    message = b"\x0b" + (MIB).to_bytes(3, "big") + (MIB - 3).to_bytes(3, "big")
    one = (1_000).to_bytes(3, "big") + bytes(1_000)
    body = message + one * 1_045
    records = [
        b"\x16\3\3" + len(part).to_bytes(2, "big") + part
        for at in range(0, len(body), 16_000)
        if (part := body[at : at + 16_000])
    ]
    port = await peer_of(says(hello[: 5 + size], *records))

    async with bounded(**BOUNDS):
        facts = await tls.server(SURE, target(port, "tls"), trust=Trust())

    assert facts.completed is False
    assert facts.certificates == ()
    assert "does not add up" in facts.said


async def test_a_certificate_of_a_megabyte_in_an_endpoint_is_cut(peer_of):
    row, right = endpoint(), server()()
    row.ServerCertificate = bytes(MIB)
    answer = ua.GetEndpointsResponse()
    answer.Endpoints = [row]
    body = struct_to_binary(answer)
    port = await peer_of(
        says(ACKNOWLEDGE),
        lambda asked: [right(asked)],
        lambda request: chunks(request, body),
    )

    await cut(opcua.endpoints(SURE, target(port, "opcua")))


PACKED = gzip.compress(bytes(50 * MIB))


async def test_a_gzip_bomb_is_unpacked_to_the_limit_only(peer_of):
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n" % len(PACKED)
    )
    port = await peer_of(says(head, PACKED))

    async with bounded(**BOUNDS):
        facts = await http.pages(SURE, target(port, "http", paths=frozenset({"/"})), paths=("/",))

    assert facts.pages[0].truncated


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
async def test_heads_without_an_end_are_cut(peer_of, start):
    endless = repeat(b"Y: z\r\n" * 1_000, 200) if b"X: " not in start else repeat(b"y" * 6_000, 200)
    again = repeat(start, 50) if b"100" in start else endless
    port = await peer_of(says(start, *again))

    await cut(http.pages(SURE, target(port, "http", paths=frozenset({"/"})), paths=("/",)))


@pytest.mark.parametrize("opening", [b"SSH-2.0-x\r\n", b"", b"SSH-2.0-"])
async def test_lines_without_an_end_are_cut(opening):
    async def pour(_, writer):
        with suppress(OSError):
            writer.write(opening)
            for _ in range(64):
                writer.write(b"A" * 65_536)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    poured = await asyncio.start_server(pour, "127.0.0.1", 0)
    async with poured:
        at = target(poured.sockets[0].getsockname()[1], "ssh")
        await cut(ssh.offer(SURE, at))


K64 = 64 * 1024
SLOW = {
    "tags never closed": b"<a " * (K64 // 3),
    "comments never closed": b"<!-- " * (K64 // 5),
    "brackets": b"<" * K64,
    "entities": b"&#x" * (K64 // 3),
    "one attribute": b"<input type=" + b"'" * (K64 - 12),
    "nesting": b"<div>" * (K64 // 5),
    "forms": b"<form><input type=password>" * (K64 // 27),
    "scripts": b"<script>" * (K64 // 8),
    "PHP warnings": b"Warning: " * (K64 // 9),
    "frames": b"at " + b"a" * 190 + b" at " * (K64 // 4 - 50),
    "frames with a bracket": b"at aaaaaaaa(" * (K64 // 12),
    "paths": b"/var/www" * (K64 // 8),
    "drives": b"c:\\www\\" * (K64 // 7),
    "scripts' places": b"/" + b"a" * (K64 - 1),
    "places": b"/aaa.js:1" * (K64 // 9),
    "white": b" \t\n" * (K64 // 3),
    "refreshes": b"<meta http-equiv=refresh content='0;url=" * (K64 // 40),
}


@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
@pytest.mark.parametrize("name", SLOW)
async def test_no_page_takes_long_to_read(name, kind):
    """At most 100 ms of processor time a page, whatever its author had in mind."""
    body = SLOW[name][:K64]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    memory = InMemory(script(b"", head.encode() + body), Spoiling(Random(0), "right", 0))
    at = target(1, "http", paths=frozenset({"/"}))
    taken = []
    for _ in range(3):
        started = time.thread_time()
        await http.pages(memory, at, paths=("/",))
        taken.append(time.thread_time() - started)

    assert min(taken) < 0.1, f"{min(taken) * 1_000:.0f} ms"
