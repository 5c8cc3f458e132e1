"""Delivery to real brokers: nothing lost, nothing overtaken, refusals seen."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from appliance.ledger.entry import Message, Waiting
from appliance.outlets import connection, messages, mqtt
from appliance.outlets.broker import Broker
from appliance.outlets.mqtt import MqttOutlet
from checks.facts.standing import State, StateKey, Subject
from tests.outlets.brokers import DEADLINE, Authority, Listener, Mosquitto
from tests.outlets.conftest import AT, standing

KEY = StateKey(Subject("asset", "control", "plc-1"), "firmware-approved")


class MemoryOutbox:
    """As the ledger's: numbered per stream, the newest of a topic replaces the older."""

    def __init__(self) -> None:
        self.rows: list[Waiting] = []
        self.emptied = asyncio.Event()
        self._ids = 0
        self._last: dict[str, int] = {}

    def put(self, *told: Message) -> None:
        self.emptied.clear()
        for message in told:
            if message.latest_only:
                self.rows = [w for w in self.rows if w.message.address != message.address]
            self._ids += 1
            self._last[message.stream] = self._last.get(message.stream, 0) + 1
            self.rows.append(Waiting(self._ids, self._last[message.stream], message))

    async def waiting(self, outlet: str, limit: int = 100) -> list[Waiting]:
        return self.rows[:limit]

    async def delivered(self, ids) -> None:
        gone = set(ids)
        self.rows = [w for w in self.rows if w.id not in gone]
        if not self.rows:
            self.emptied.set()

    async def backlog(self) -> dict[str, int]:
        return {messages.OUTLET: len(self.rows)}


def state(check: str, of: State = State.FAIL) -> Message:
    return messages.state("northgate", replace(KEY, check=check), standing(of), entry=1, at=AT)


def event(number: int, kind: str = "state") -> Message:
    return messages.event("northgate", kind, {"n": number}, id=f"e{number}", at=AT)


def numbers(arrived) -> list[int]:
    """The events' numbers, each once: at least once is what is promised."""
    seen = (json.loads(m.payload)["data"]["n"] for m in arrived if "/event/" in m.topic)
    return list(dict.fromkeys(seen))


@pytest.fixture
def broker(tmp_path):
    made = Mosquitto(tmp_path / "broker")
    yield made
    made.stop()


@pytest.fixture
def listen():
    opened = []

    def listening(*args, **kwargs) -> Listener:
        opened.append(Listener(*args, **kwargs))
        return opened[-1]

    yield listening
    for listener in opened:
        listener.close()


def outlet_to(port: int, outbox: MemoryOutbox, **differs) -> MqttOutlet:
    broker = differs.pop("broker", None) or Broker.at(f"mqtt://127.0.0.1:{port}")
    values = {"backoff": lambda _n: 0.05, "patience": lambda _n: 0.05, **differs}
    return MqttOutlet("northgate", "edge-1", lambda: broker, outbox, **values)


@asynccontextmanager
async def running(outlet: MqttOutlet):
    stop = asyncio.Event()
    task = asyncio.create_task(outlet.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, DEADLINE)


async def emptied(outbox: MemoryOutbox) -> None:
    await asyncio.wait_for(outbox.emptied.wait(), DEADLINE)


async def test_a_state_arrives_retained_with_its_properties_and_leaves_the_outbox(broker, listen):
    broker.start()
    outbox = MemoryOutbox()
    outbox.put(state("firmware-approved"))
    async with running(outlet_to(broker.port, outbox)):
        await emptied(outbox)
        late = listen(broker.port, "upheld/v1/northgate/asset/#")
        (arrived,) = await late.until(lambda m: True)

    assert arrived.topic == "upheld/v1/northgate/asset/plc-1/check/firmware-approved"
    assert arrived.retain
    assert arrived.properties.ContentType == "application/json"
    assert arrived.properties.PayloadFormatIndicator == 1
    assert arrived.properties.UserProperty == [("schema", "upheld/state/1")]
    assert json.loads(arrived.payload)["state"] == "fail"


async def test_what_is_retained_expires_a_day_after_the_appliance_is_gone_and_events_do_not(
    broker, listen
):
    broker.start()
    outbox = MemoryOutbox()
    note = messages.checkpoint("northgate", "northgate/1\n7\nq83v\n")
    seen = messages.event("northgate", "visit", {}, id="1", at=AT)
    listener = listen(broker.port, "upheld/v1/northgate/#")
    async with running(outlet_to(broker.port, outbox)):
        for message in (state("firmware-approved"), seen, note):
            outbox.put(message)
        arrived = await listener.until(lambda m: m.topic.endswith("checkpoint"))
    left = {
        m.topic.rpartition("/")[2]: getattr(m.properties, "MessageExpiryInterval", None)
        for m in arrived
    }

    assert 86_000 < left.pop("firmware-approved") <= 86_400
    assert left == {"status": None, "visit": None, "checkpoint": None}


async def test_what_is_retained_is_said_again_long_before_it_expires(broker, listen, monkeypatch):
    monkeypatch.setattr(messages, "REFRESH_SECONDS", 0.2)
    broker.start()
    said = [state("firmware-approved")]
    listener = listen(broker.port, "upheld/v1/northgate/asset/#")
    async with running(outlet_to(broker.port, MemoryOutbox(), refill=lambda: said)):
        times = [await listener.until(lambda m: True) for _ in range(3)]

    assert all(times)


async def test_what_waited_while_the_broker_was_down_for_a_whole_run_arrives_in_order(
    broker, listen
):
    broker.start()
    listener = listen(broker.port, client_id="soc")
    broker.stop()
    outbox = MemoryOutbox()
    outlet = outlet_to(broker.port, outbox)
    async with running(outlet):
        for n in range(200):
            outbox.put(event(n), state(f"check-{n % 20}", State.FAIL if n < 100 else State.PASS))
            outlet.wake()
        assert not outlet.connected
        while not listener.subscribed.empty():
            listener.subscribed.get_nowait()
        broker.start()
        # What is published before somebody listens again only the retained topics keep.
        await asyncio.to_thread(listener.subscribed.get, timeout=DEADLINE)
        outbox.put(event(200))
        outlet.wake()
        await emptied(outbox)
        late = listen(broker.port, "upheld/v1/northgate/asset/#")
        states = [await asyncio.to_thread(late.arrived.get, timeout=DEADLINE) for _ in range(20)]
        assert outlet.refused == 0

    assert {json.loads(m.payload)["state"] for m in states} == {"pass"}
    assert len({m.topic for m in states}) == 20


async def test_every_event_reaches_a_persistent_listener_across_a_broker_restart(broker, listen):
    broker.start()
    listener = listen(broker.port, "upheld/v1/northgate/event/#")
    outbox = MemoryOutbox()
    outlet = outlet_to(broker.port, outbox)
    async with running(outlet):
        outbox.put(*(event(n) for n in range(50)))
        outlet.wake()
        first = await listener.until(lambda m: json.loads(m.payload)["data"]["n"] == 49)
        await emptied(outbox)
        broker.stop()
        outbox.put(*(event(n) for n in range(50, 100)))
        outlet.wake()
        while not listener.subscribed.empty():
            listener.subscribed.get_nowait()
        held = mqtt_paused(outlet)
        broker.start()
        await asyncio.to_thread(listener.subscribed.get, timeout=DEADLINE)
        held.set()
        second = await listener.until(lambda m: json.loads(m.payload)["data"]["n"] == 99)
        await emptied(outbox)

    assert numbers(first + second) == list(range(100))


def mqtt_paused(outlet: MqttOutlet) -> asyncio.Event:
    """Keeps the outbox closed until the event is set, so that nobody publishes to nobody."""
    opened = asyncio.Event()
    ask = outlet.outbox.waiting

    async def waiting(name: str, limit: int = 100) -> list[Waiting]:
        await opened.wait()
        return await ask(name, limit)

    outlet.outbox.waiting = waiting
    return opened


async def test_a_refused_message_is_kept_and_holds_back_no_other_stream(broker, listen, tmp_path):
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write upheld/v1/northgate/#\n"
                   "topic deny upheld/v1/northgate/event/#\n")  # fmt: skip
    broker.settings = (f"acl_file {acl}",)
    broker.start()
    outbox = MemoryOutbox()
    outbox.put(*(event(n) for n in range(300)), state("firmware-approved"))
    outlet = outlet_to(broker.port, outbox)
    listener = listen(broker.port)
    async with running(outlet):
        await listener.until(lambda m: m.topic.endswith("/check/firmware-approved"))
        assert outlet.refused >= 1
        assert [w.message.stream for w in outbox.rows if w.message.latest_only] in ([], [
            state("firmware-approved").stream
        ])  # fmt: skip
        assert len([w for w in outbox.rows if w.message.stream == "event"]) == 300

        acl.write_text("topic readwrite #\n")
        broker.process.send_signal(signal.SIGHUP)
        arrived = await listener.until(
            lambda m: "/event/" in m.topic and json.loads(m.payload)["data"]["n"] == 299
        )
        await emptied(outbox)

    assert numbers(arrived) == list(range(300))


async def test_a_message_too_large_for_the_broker_does_not_stop_the_others(broker, listen):
    broker.settings = ("max_packet_size 2000",)
    broker.start()
    outbox = MemoryOutbox()
    large = messages.event("northgate", "state", {"n": -1, "x": "y" * 5000}, id="l", at=AT)
    outbox.put(large, state("firmware-approved"))
    outlet = outlet_to(broker.port, outbox, patience=lambda n: 0.05 * 2**n)
    listener = listen(broker.port)
    async with running(outlet):
        await listener.until(lambda m: m.topic.endswith("/check/firmware-approved"))
        assert [w.message for w in outbox.rows if w.message.stream == "event"] == [large]


async def test_status_is_born_online_and_dies_offline_by_the_last_will(broker, listen):
    broker.start()
    listener = listen(broker.port, "upheld/v1/northgate/status")
    outlet = outlet_to(broker.port, MemoryOutbox())
    async with running(outlet):
        (born,) = await listener.until(lambda m: True)
        assert json.loads(born.payload)["state"] == "online"
        # Another client of the same name throws ours out without a goodbye.
        thief = Listener(broker.port, "nothing", client_id="upheld-northgate-edge-1")
        try:
            (gone,) = await listener.until(lambda m: True)
        finally:
            thief.close()

    assert json.loads(gone.payload) == {
        "schema": "upheld/status/1",
        "state": "offline",
        "appliance": "edge-1",
        "at": None,
    }
    assert gone.retain


async def test_after_its_session_was_taken_over_it_stays_away(monkeypatch):
    pauses: list[float] = []
    slept = asyncio.Event()

    async def sleep(stop, seconds):
        pauses.append(seconds)
        slept.set()
        await stop.wait()

    async def broker(reader, writer):
        # CONNACK, then DISCONNECT with 0x8E: mosquitto 2.0.11 only closes the connection.
        await reader.read(1)
        writer.write(bytes([0x20, 3, 0, 0, 0]))
        writer.write(bytes([0xE0, 2, 0x8E, 0]))
        await writer.drain()
        await reader.read()
        writer.close()

    monkeypatch.setattr(mqtt, "_sleep", sleep)
    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running(outlet_to(port, MemoryOutbox())):
        await asyncio.wait_for(slept.wait(), DEADLINE)

    assert pauses[0] == 300


async def test_two_of_one_name_at_real_mosquitto_make_no_war(broker, monkeypatch):
    opened = []
    open_one = connection.Connection.open

    async def counted(self):
        opened.append(time.monotonic())
        await open_one(self)

    def quick(tries: int) -> float:
        return mqtt.reconnecting(tries) / 4

    monkeypatch.setattr(connection.Connection, "open", counted)
    broker.start()
    outlets = [outlet_to(broker.port, MemoryOutbox(), backoff=quick) for _ in range(2)]
    async with running(outlets[0]), running(outlets[1]):
        await asyncio.sleep(1.5)

    # Each throws the other out and waits 1, 2, 4, 8 quarters of a second; without that it would be
    # hundreds.
    assert 2 <= len(opened) <= 12


async def test_a_verdict_is_at_a_listener_within_a_second(broker, listen):
    broker.start()
    outbox = MemoryOutbox()
    listener = listen(broker.port, "upheld/v1/northgate/event/#")
    outlet = outlet_to(broker.port, outbox)
    took = []
    async with running(outlet):
        for n in range(1, 6):
            began = time.monotonic()
            outbox.put(event(n))
            outlet.wake()
            await listener.until(lambda m, n=n: n in numbers([m]))
            took.append(time.monotonic() - began)

    # The first waits for the connection.
    assert max(took[1:]) < 1.0


async def test_a_broker_that_never_acknowledges_loses_nothing(monkeypatch):
    monkeypatch.setattr(connection, "ACKNOWLEDGED_WITHIN", 0.1)
    seen: list[bytes] = []
    twice = asyncio.Event()

    async def broker(reader, writer):
        await reader.read(1)
        writer.write(bytes([0x20, 3, 0, 0, 0]))
        seen.append(b"")
        if len(seen) == 2:
            twice.set()
        while some := await reader.read(4096):
            seen[-1] += some
        writer.close()

    outbox = MemoryOutbox()
    outbox.put(event(1))
    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running(outlet_to(port, outbox)):
        await asyncio.wait_for(twice.wait(), DEADLINE)

    assert len(outbox.rows) == 1
    # DISCONNECT with 0x04: the broker shall publish our will.
    assert bytes([0xE0, 1, 0x04]) in seen[0] or bytes([0xE0, 2, 0x04, 0]) in seen[0]


async def test_a_clean_stop_says_offline_itself(broker, listen):
    broker.start()
    listener = listen(broker.port, "upheld/v1/northgate/status")
    async with running(outlet_to(broker.port, MemoryOutbox())):
        await listener.until(lambda m: b"online" in m.payload)
    (gone,) = await listener.until(lambda m: True)

    assert json.loads(gone.payload)["state"] == "offline"
    assert json.loads(gone.payload)["at"] is not None


async def test_a_broker_that_comes_back_empty_is_told_all_states_again(tmp_path, listen):
    broker = Mosquitto(tmp_path / "one")
    broker.start()
    retained = [state(f"check-{n}") for n in range(5)]
    outlet = outlet_to(broker.port, MemoryOutbox(), refill=lambda: retained)
    replaced = Mosquitto(tmp_path / "two", port=broker.port)
    try:
        async with running(outlet):
            listener = listen(broker.port, "upheld/v1/northgate/asset/#")
            await listener.until(lambda m: m.topic.endswith("check-4"))
            broker.stop(signal.SIGKILL)
            replaced.start()
            late = listen(broker.port, "upheld/v1/northgate/asset/#")
            arrived = await late.until(lambda m: m.topic.endswith("check-4"))
        assert [m.topic for m in arrived] == [m.address for m in retained]
    finally:
        broker.stop()
        replaced.stop()


@pytest.fixture
def secured(tmp_path):
    """A broker that asks for a certificate of our CA."""
    authority = Authority.make(tmp_path)
    certificate, key = authority.issue("broker")
    broker = Mosquitto(
        tmp_path / "broker",
        (
            f"cafile {tmp_path}/ca.pem",
            f"certfile {certificate}",
            f"keyfile {key}",
            "require_certificate true",
            "use_identity_as_username true",
        ),
    )
    broker.start()
    yield broker, authority
    broker.stop()


def trusting(path, pair=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=path)
    if pair:
        context.load_cert_chain(*pair)
    return context


async def test_it_delivers_over_tls_with_a_certificate_of_its_own(secured):
    broker, authority = secured
    context = trusting(authority.directory / "ca.pem", authority.issue("northgate"))
    outbox = MemoryOutbox()
    outbox.put(state("firmware-approved"))
    at = Broker.at(f"mqtts://localhost:{broker.port}", tls=context)
    async with running(outlet_to(0, outbox, broker=at)):
        await emptied(outbox)


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("why", ["a stranger's broker", "no certificate of ours"])
async def test_it_delivers_nothing_when_tls_does_not_fit(secured, why):
    broker, authority = secured
    if why == "a stranger's broker":
        Authority.make(authority.directory, "stranger")
        context = trusting(authority.directory / "stranger.pem", authority.issue("northgate"))
    else:
        context = trusting(authority.directory / "ca.pem")
    outbox = MemoryOutbox()
    outbox.put(state("firmware-approved"))
    tried = asyncio.Event()
    tries: list[int] = []

    def backoff(n: int) -> float:
        tries.append(n)
        if n == 2:
            tried.set()
        return 0.02

    at = Broker.at(f"mqtts://localhost:{broker.port}", tls=context)
    outlet = outlet_to(0, outbox, broker=at, backoff=backoff)
    async with running(outlet):
        await asyncio.wait_for(tried.wait(), DEADLINE)
        assert not outlet.connected
        assert len(outbox.rows) == 1


def test_a_refused_message_waits_up_to_five_minutes_and_a_lost_broker_up_to_45_seconds():
    assert 0.5 <= mqtt.jittered(1) <= 1
    assert 150 <= mqtt.jittered(100_000) <= 300
    assert 0.5 <= mqtt.reconnecting(1) <= 1
    assert all(22.5 <= mqtt.reconnecting(n) <= 45 for n in range(7, 1000))


async def test_after_a_long_outage_an_empty_broker_is_full_within_a_minute_of_its_return(broker):
    """Twenty times as fast as it is: from the worst moment, right after a try that failed."""
    retained = [state(f"check-{n}") for n in range(50)]
    outlet = outlet_to(broker.port, MemoryOutbox(), refill=lambda: retained)
    as_it_is = MqttOutlet("northgate", "edge-1", outlet.broker, outlet.outbox).backoff
    tried = asyncio.Event()

    def backoff(tries: int) -> float:
        if tries == 2:
            tried.set()
        return as_it_is(tries + 100) / 20

    outlet.backoff = backoff
    async with running(outlet):
        await asyncio.wait_for(tried.wait(), DEADLINE)
        broker.start()
        began = time.monotonic()
        # In a thread: it must not hold up what is measured.
        listener = await asyncio.to_thread(Listener, broker.port, "upheld/v1/northgate/asset/#")
        try:
            await listener.until(lambda m: m.topic.endswith("check-49"))
            took = (time.monotonic() - began) * 20
        finally:
            listener.close()

    assert took < 60


def test_a_publisher_never_subscribes():
    from pathlib import Path

    assert "subscribe(" not in Path(connection.__file__).read_text()
