"""Delivery to real and to misbehaving collectors: all arrive, in order, one duplicate at most."""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import ssl
import time
import tracemalloc
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from appliance.ledger.entry import Message, Waiting
from appliance.ledger.note import Signer
from appliance.ledger.store import Store
from appliance.outlets import soc, syslog_messages, syslog_stream
from appliance.outlets.soc import Pace, SocOutlet
from appliance.outlets.syslog_messages import EVENTS
from appliance.outlets.syslog_peer import Target
from appliance.site.model import Outlets, Soc
from appliance.site.secrets import Secrets
from tests.outlets.brokers import DEADLINE, Authority, free_port
from tests.outlets.collectors import (
    Blocking,
    Rsyslog,
    Stub,
    client_context,
    everything,
    frame,
    reset,
    server_context,
)
from tests.visit.clocks import FakeClock

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NOTE = "northgate.example/edge-1\n7\nqqqq=\n\n(signatures)\n"
QUICK = Pace(trial=0.05, settle=0.005)


class MemoryOutbox:
    """As the ledger's: numbered per stream, gone when delivered."""

    def __init__(self, count: int = 0) -> None:
        self.rows: list[Waiting] = []
        self.emptied = asyncio.Event()
        self.put(*range(1, count + 1))

    def put(self, *numbers: int) -> None:
        self.emptied.clear()
        headers = json.dumps({"severity": 3, "kind": "control.fail", "at": AT.isoformat()})
        for n in numbers:
            body = f"CEF:0|Upheld|Upheld|0|control.fail|A control|7|msg=n{n};".encode()
            message = Message("soc-1", EVENTS, "control.fail", body, headers)
            self.rows.append(Waiting(n, n, message))

    async def waiting(self, outlet: str, limit: int = 100) -> list[Waiting]:
        return self.rows[:limit]

    async def delivered(self, ids) -> None:
        gone = set(ids)
        self.rows = [w for w in self.rows if w.id not in gone]
        if not self.rows:
            self.emptied.set()

    async def backlog(self) -> dict[str, int]:
        return {"soc-1": len(self.rows)}


def numbers(lines) -> list[int]:
    """The events' numbers as they arrived, duplicates and all."""
    found = (re.search(r"msg=n(\d+);", str(line)) for line in lines)
    return [int(m[1]) for m in found if m]


def outlet_to(port: int, outbox: MemoryOutbox, tls=None, scheme="", **differs) -> SocOutlet:
    scheme = scheme or ("tls" if tls else "tcp")
    target = Target.at(f"{scheme}://localhost:{port}", (lambda: tls) if tls else None)
    values = {"backoff": lambda _n: 0.05, "note": lambda: NOTE, "pace": QUICK, **differs}
    datagrams = scheme == "udp"
    return SocOutlet(
        "soc-1", "northgate", "edge-1", target.connect, outbox, datagrams=datagrams, **values
    )


@asynccontextmanager
async def running(outlet: SocOutlet):
    stop = asyncio.Event()
    task = asyncio.create_task(outlet.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, DEADLINE)


async def until(true) -> None:
    async with asyncio.timeout(DEADLINE):
        while not true():  # noqa: ASYNC110 - what others count has no event
            await asyncio.sleep(0.01)


def assert_delivered(got: list[int], wanted: int, *, reconnects: int) -> None:
    first = list(dict.fromkeys(got))

    assert first == list(range(1, wanted + 1))
    assert len(got) - len(first) <= reconnects


@pytest.fixture
def authority(tmp_path):
    return Authority.make(tmp_path)


@pytest.fixture
def rsyslog(tmp_path):
    made = []

    def make(**how) -> Rsyslog:
        made.append(Rsyslog(tmp_path / f"rsyslog-{len(made)}", **how))
        made[-1].start()
        return made[-1]

    yield make
    for daemon in made:
        daemon.stop()


async def test_real_rsyslog_over_mutual_tls_gets_messages_and_a_heartbeat(rsyslog, authority):
    daemon, outbox = rsyslog(authority=authority), MemoryOutbox(5)
    outlet = outlet_to(daemon.port, outbox, client_context(authority))
    async with running(outlet):
        got = await daemon.until(lambda lines: 5 in numbers(lines))

    assert numbers(got) == [1, 2, 3, 4, 5]
    assert not outbox.rows
    beat, first = got[0], got[1]
    assert beat["msgid"] == "appliance.heartbeat"
    assert "cs1=qqqq\\= " in beat["msg"]
    assert "cn1=7 " in beat["msg"]
    assert first["pri"] == str(13 * 8 + 3)
    assert first["host"] == "edge-1.northgate"
    assert 'sequenceId="1"' in first["data"]


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
async def test_old_collectors_are_told_too(rsyslog, scheme):
    daemon, outbox = rsyslog(datagrams=scheme == "udp"), MemoryOutbox(3)
    async with running(outlet_to(daemon.port, outbox, scheme=scheme)):
        got = await daemon.until(lambda lines: 3 in numbers(lines))

    assert numbers(got) == [1, 2, 3]
    assert not outbox.rows


async def test_real_rsyslog_killed_and_back_gets_everything_in_order(rsyslog, authority):
    daemon, outbox = rsyslog(authority=authority), MemoryOutbox()
    kills, each = 3, 4
    # What it has read and not yet written dies with it, so it is given time to write.
    pace = Pace(trial=0.05, settle=0.25)
    outlet = outlet_to(daemon.port, outbox, client_context(authority), pace=pace)
    async with running(outlet):
        for kill in range(kills):
            outbox.put(*range(kill * each + 1, (kill + 1) * each + 1))
            outlet.wake()
            half = kill * each + each // 2
            await daemon.until(lambda lines, half=half: half in numbers(lines))
            daemon.stop(signal.SIGKILL)
            daemon.start()
        got = await daemon.until(lambda lines: kills * each in numbers(lines))

    assert_delivered(numbers(got), kills * each, reconnects=kills)
    assert not outbox.rows


async def test_a_collector_that_dies_in_mid_message_gets_it_whole_the_next_time():
    stub, outbox, dice = Stub(), MemoryOutbox(30), random.Random(5)

    async def dies(reader, writer, frames) -> None:
        for _ in range(dice.randint(2, 6)):
            frames.append(await frame(reader))
        await reader.readexactly(10)
        reset(writer)

    await stub.open(dies)
    async with running(outlet_to(stub.port, outbox)):
        await until(lambda: 30 in numbers(stub.frames))
        reconnects = stub.connections - 1
    await stub.close()

    assert reconnects >= 4
    assert_delivered(numbers(stub.frames), 30, reconnects=reconnects)


async def test_a_client_certificate_refused_under_tls_1_3_counts_nothing_as_delivered(
    tmp_path, authority
):
    home = tmp_path / "stranger"
    home.mkdir()
    stranger = Authority.make(home, "stranger")
    server = server_context(authority)
    server.minimum_version = ssl.TLSVersion.TLSv1_3
    collector, outbox = Blocking(server), MemoryOutbox(3)
    wrong = client_context(stranger, "impostor", trusts=authority)
    try:
        with capture_logs() as logs:
            async with running(outlet_to(collector.port, outbox, wrong)):
                await until(lambda: collector.refused >= 3)
        left = [w.id for w in outbox.rows]
        async with running(outlet_to(collector.port, outbox, client_context(authority))):
            await until(lambda: b"msg=n3;" in collector.received)
    finally:
        collector.close()

    assert left == [1, 2, 3]
    assert [line["event"] for line in logs] == ["soc lost"]
    assert "refused us" in logs[0]["why"]
    assert re.findall(rb"msg=n(\d);", collector.received) == [b"1", b"2", b"3"]
    assert not outbox.rows


async def test_a_late_refusal_takes_back_what_had_settled(authority):
    """As a collector that is slow to look at the certificate does."""
    outbox = MemoryOutbox(2)
    outlet = outlet_to(1, outbox)
    outlet._tail = {w.id: w for w in outbox.rows}
    await outlet._kept(syslog_stream.Lost("it refused us", unread=True))

    assert len(outbox.rows) == 2
    assert not outlet._tail


async def test_real_rsyslog_refuses_a_strange_certificate_and_nothing_counts(
    tmp_path, rsyslog, authority
):
    home = tmp_path / "stranger"
    home.mkdir()
    stranger = Authority.make(home, "stranger")
    daemon, outbox = rsyslog(authority=authority), MemoryOutbox(2)
    wrong = client_context(stranger, "impostor", trusts=authority)
    with capture_logs() as logs:
        async with running(outlet_to(daemon.port, outbox, wrong, pace=Pace(trial=0.5))):
            await until(lambda: any(line["event"] == "soc lost" for line in logs))

    assert len(outbox.rows) == 2
    assert not numbers(daemon.received())


async def test_a_collector_that_hangs_and_is_replaced_gets_all_it_never_read():
    stub, outbox = Stub(), MemoryOutbox(10)
    hang = asyncio.Event()

    async def hangs(reader, writer, frames) -> None:
        writer.transport.pause_reading()
        await hang.wait()
        reset(writer)

    await stub.open(hangs)
    outlet = outlet_to(stub.port, outbox)
    async with running(outlet):
        await until(lambda: len(outlet._tail) == 10)
        await stub.close()
        await asyncio.sleep(0.05)
        await stub.open(everything)
        hang.set()
        await until(lambda: 10 in numbers(stub.frames))
    await stub.close()

    assert numbers(stub.frames) == list(range(1, 11))
    assert not outbox.rows


async def test_a_collector_that_hangs_while_we_stop_gets_all_it_never_read_after_the_start(
    monkeypatch,
):
    monkeypatch.setattr(syslog_stream, "CLOSED_WITHIN", 0.2)
    stub, outbox = Stub(), MemoryOutbox(4)

    async def hangs(reader, writer, frames) -> None:
        writer.transport.pause_reading()
        await asyncio.sleep(DEADLINE)

    await stub.open(hangs)
    outlet = outlet_to(stub.port, outbox)
    async with running(outlet):
        await until(lambda: len(outlet._tail) == 4)
    await stub.close()

    assert [w.id for w in outbox.rows] == [1, 2, 3, 4]


async def test_a_peer_that_takes_nothing_any_more_is_left_and_gets_it_all_again(monkeypatch):
    monkeypatch.setattr(syslog_stream, "STALLED_AFTER", 0.2)
    stub, outbox = Stub(), MemoryOutbox()
    big = "x" * 1_000_000
    outbox.put(1, 2)
    stuck = outbox.rows[1].message
    outbox.rows.append(
        Waiting(3, 3, Message("soc-1", EVENTS, "a", stuck.body + big.encode(), stuck.headers))
    )

    async def hangs(reader, writer, frames) -> None:
        writer.transport.pause_reading()
        await asyncio.sleep(DEADLINE)

    await stub.open(hangs)
    with capture_logs() as logs:
        async with running(outlet_to(stub.port, outbox)):
            await until(lambda: any("takes nothing" in str(line) for line in logs))

    await stub.close()
    assert [w.id for w in outbox.rows] == [1, 2, 3]


async def test_a_hung_peer_is_found_out_when_the_connection_is_renewed(monkeypatch):
    monkeypatch.setattr(syslog_stream, "CLOSED_WITHIN", 0.2)
    stub, outbox, connections = Stub(), MemoryOutbox(4), []

    async def first_hangs(reader, writer, frames) -> None:
        connections.append(1)
        if len(connections) == 1:
            writer.transport.pause_reading()
            await asyncio.sleep(DEADLINE)
        await everything(reader, writer, frames)

    await stub.open(first_hangs)
    pace = Pace(trial=0.02, settle=0.005, renew=0.3)
    async with running(outlet_to(stub.port, outbox, pace=pace)):
        await asyncio.wait_for(outbox.emptied.wait(), DEADLINE)
    await stub.close()

    assert numbers(stub.frames) == [1, 2, 3, 4]


async def test_renewing_the_connection_proves_reads_certificates_anew_and_repeats_nothing(
    authority,
):
    stub, outbox, read = Stub(server_context(authority)), MemoryOutbox(), []
    context = client_context(authority)

    def fresh() -> ssl.SSLContext:
        read.append(1)
        return context

    target = Target.at(f"tls://localhost:{stub.port}", fresh)
    pace = Pace(trial=0.02, settle=0.002, unproven=5)
    outlet = outlet_to(stub.port, outbox, pace=pace)
    outlet.connect = target.connect
    await stub.open(everything)
    outbox.put(*range(1, 21))
    with capture_logs() as logs:
        async with running(outlet):
            await asyncio.wait_for(outbox.emptied.wait(), DEADLINE)
    await stub.close()

    assert numbers(stub.frames) == list(range(1, 21))
    assert len(read) >= 4
    assert [line["event"] for line in logs] == ["soc works"]


async def test_a_collector_down_for_a_day_gets_the_backlog_and_costs_no_work(monkeypatch):
    stub, outbox, tries = Stub(), MemoryOutbox(200), []

    def backoff(n: int) -> float:
        tries.append(n)
        return 0.02

    outlet = outlet_to(stub.port, outbox, backoff=backoff)
    with capture_logs() as logs:
        async with running(outlet):
            await until(lambda: len(tries) >= 10)
            await stub.open(everything)
            await until(lambda: 200 in numbers(stub.frames))
    await stub.close()

    assert numbers(stub.frames) == list(range(1, 201))
    assert tries == list(range(1, len(tries) + 1))
    assert [line["event"] for line in logs] == ["soc lost", "soc works"]


async def test_a_slow_collector_is_waited_for_and_gets_each_message_once():
    stub, outbox = Stub(), MemoryOutbox(15)

    async def slowly(reader, writer, frames) -> None:
        while True:
            await asyncio.sleep(0.05)
            frames.append(await frame(reader))

    await stub.open(slowly)
    async with running(outlet_to(stub.port, outbox)):
        await until(lambda: 15 in numbers(stub.frames))
    await stub.close()

    assert numbers(stub.frames) == list(range(1, 16))
    assert stub.connections == 1


async def test_datagrams_nobody_listens_for_wait_until_somebody_does(rsyslog):
    port, outbox = free_port(), MemoryOutbox(3)
    with capture_logs() as logs:
        async with running(outlet_to(port, outbox, scheme="udp")):
            await until(lambda: any(line["event"] == "soc lost" for line in logs))
            assert len(outbox.rows) == 3
            daemon = rsyslog(datagrams=True, port=port)
            got = await daemon.until(lambda lines: 3 in numbers(lines))

    assert numbers(got) == [1, 2, 3]


async def test_a_renewed_certificate_is_taken_up_while_running_and_nothing_is_lost(tmp_path):
    """The collector's authority changes too; nobody restarts anything."""
    homes = [tmp_path / "old", tmp_path / "new"]
    for home in homes:
        home.mkdir()
    old, new = (Authority.make(home) for home in homes)
    site = tmp_path / "site"
    site.mkdir()

    def install(authority: Authority) -> None:
        certificate, key = authority.issue("edge-1")
        for path, name in ((certificate, "c.pem"), (key, "k.key")):
            (site / name).write_bytes(path.read_bytes())
        (site / "ca.pem").write_bytes((authority.directory / "ca.pem").read_bytes())

    install(old)
    stub, outbox = Stub(server_context(old)), MemoryOutbox(5)
    stated = Soc(
        address=f"tls://localhost:{stub.port}",
        ca="ca.pem",
        certificate="c.pem",
        key="k.key",
    )
    outlet = outlet_to(stub.port, outbox, pace=Pace(trial=0.02, settle=0.005, renew=0.2))
    outlet.connect = Target.stated(stated, Secrets(site)).connect
    await stub.open(everything)
    async with running(outlet):
        await until(lambda: 5 in numbers(stub.frames))
        await stub.close()
        install(new)
        stub.tls = server_context(new)
        await stub.open(everything)
        outbox.put(*range(6, 11))
        await until(lambda: 10 in numbers(stub.frames) and not outbox.rows)
    await stub.close()

    assert numbers(stub.frames) == list(range(1, 11))


async def test_a_day_later_a_message_still_carries_the_time_of_what_it_tells(tmp_path):
    """With the real ledger; drained in pages, so a long backlog costs no memory."""
    count = 200
    headers = syslog_messages.headers("control.fail", 3, AT)
    told = [
        Message("soc-1", EVENTS, "control.fail", b"CEF:0|x|msg=n%d;" % n + b"x" * 600, headers)
        for n in range(1, count + 1)
    ]
    clock, stub, origin = FakeClock(AT), Stub(), "edge-1.northgate/upheld/1"
    async with Store.open(
        tmp_path / "ledger.db", origin=origin, key=Signer(origin, bytes(range(32))), clock=clock
    ) as store:
        await store.commit([], told)
        clock.pass_(86_400)
        await stub.open(everything)
        outlet = outlet_to(stub.port, store, pace=Pace(trial=0.01, settle=0.0), clock=clock)
        tracemalloc.start()
        async with running(outlet):
            await until(lambda: count in numbers(stub.frames[-5:]))
        grown = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        left = await store.backlog()
    await stub.close()

    assert numbers(stub.frames) == list(range(1, count + 1))
    assert left == {}
    # The connection's own heartbeats may come in between.
    controls = [f for f in stub.frames if b"control.fail" in f]
    assert {f.split(b" ")[1] for f in controls} == {b"2026-03-02T10:00:00.000Z"}
    assert f'sequenceId="{count}"'.encode() in controls[-1]
    assert grown < 20 * 2**20


async def test_a_backlog_of_thirty_megabytes_costs_no_memory(tmp_path):
    headers = syslog_messages.headers("control.fail", 3, AT)
    told = (
        Message("soc-1", EVENTS, "control.fail", b"CEF:0|x|msg=n%d;" % n + b"x" * 4000, headers)
        for n in range(1, 8_001)
    )
    stub, origin = Stub(), "edge-1.northgate/upheld/1"
    async with Store.open(
        tmp_path / "ledger.db", origin=origin, key=Signer(origin, bytes(range(32)))
    ) as store:
        await store.commit([], list(told))
        await stub.open(everything)
        outlet = outlet_to(stub.port, store, pace=Pace(trial=0.01, settle=0.0))
        tracemalloc.start()
        async with running(outlet):
            await until(lambda: 150 in numbers(stub.frames))
        grown = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    await stub.close()

    assert numbers(stub.frames)[:150] == list(range(1, 151))
    assert grown < 20 * 2**20


async def test_a_verdict_is_at_the_soc_within_a_second(rsyslog, authority):
    daemon, outbox = rsyslog(authority=authority), MemoryOutbox()
    outlet = outlet_to(daemon.port, outbox, client_context(authority), pace=Pace(trial=0.05))
    async with running(outlet):
        await daemon.until(bool)
        await until(lambda: outlet.connected)
        took = []
        for n in range(1, 4):
            began = time.monotonic()
            outbox.put(n)
            outlet.wake()
            await daemon.until(lambda lines, n=n: n in numbers(lines))
            took.append(time.monotonic() - began)

    assert max(took) < 1.0


async def test_heartbeats_carry_the_last_sequence_and_what_waits():
    stub, outbox = Stub(), MemoryOutbox(2)
    await stub.open(everything)
    pace = Pace(trial=0.02, settle=0.005, heartbeat=0.05)
    async with running(outlet_to(stub.port, outbox, pace=pace)):
        await until(lambda: sum(b"cn3=2 " in f for f in stub.frames) >= 2)
    await stub.close()

    first, last = stub.frames[0], stub.frames[-1]
    assert b"cn2=2 " in first
    assert b"cn3=" not in first
    assert b"cn2=0 " in last


async def test_what_is_needed_is_read_before_anything_runs(tmp_path):
    class Stated:
        outlets = Outlets(soc=(Soc(address="tls://soc.dmz:6514", ca="missing.pem"),))

    with pytest.raises(soc.SecretError, match=r"missing\.pem"):
        SocOutlet.of(Stated(), 1, Secrets(tmp_path), MemoryOutbox())


async def test_a_stop_while_nobody_answers_is_soon():
    outlet = outlet_to(1, MemoryOutbox(1), backoff=lambda _n: 60.0)
    stop = asyncio.Event()
    task = asyncio.create_task(outlet.run(stop))
    await asyncio.sleep(0)
    stop.set()

    await asyncio.wait_for(task, 2)
