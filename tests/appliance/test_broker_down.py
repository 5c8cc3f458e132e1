"""With the broker stopped for whole runs and then started, every state and event arrives."""

import json
import signal
import sqlite3
from contextlib import closing

import pytest

from tests.appliance.plants import Port
from tests.appliance.processes import daemon, fetched
from tests.outlets.brokers import Listener, Mosquitto

STATE = 'upheld_check_state{zone="cell",asset="plc",service="",conduit="",check="%s",state="%s"}'
CHECK = "port-expected-present"
STATE_TOPIC = f"upheld/v1/bench/asset/plc/check/{CHECK}"


@pytest.fixture
def port():
    made = Port()
    yield made
    made.shut()


@pytest.fixture
def broker(tmp_path):
    made = Mosquitto(tmp_path / "broker")
    yield made
    made.stop()


@pytest.fixture
def folder(tmp_path, listen, port, broker):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "site.yaml").write_text(f"""
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {tmp_path}/state
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
  web: {{listen: "127.0.0.1:{listen}"}}
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
assets:
  - {{id: plc, zone: cell, address: 127.0.0.1, role: plc, every: 1s,
     services: [{{port: tcp/{port.number}, protocol: s7}}]}}
outlets: {{mqtt: {{broker: "mqtt://127.0.0.1:{broker.port}"}}}}
""")
    return folder


def stands(listen, state):
    """Wait until the control on the port is in this state."""
    return fetched(listen, STATE % (CHECK, state), exactly=1) == 1


def waiting(tmp_path):
    """What the outbox holds, oldest first: (stream, topic, body)."""
    with closing(sqlite3.connect(tmp_path / "state" / "ledger.db")) as ledger:
        return ledger.execute(
            "SELECT stream, address, body FROM outbox WHERE outlet = 'mqtt' ORDER BY id"
        ).fetchall()


class Missing:
    """
    What has not arrived yet: of the kept, a state once its topic was told anything newer; and
    what the one control is by now.
    """

    def __init__(self, kept):
        self.stands = ""
        self.events = {body for stream, _, body in kept if stream == "event"}
        self.topics = {topic for stream, topic, _ in kept if stream != "event"}

    def complete_with(self, message):
        self.events.discard(message.payload)
        self.topics.discard(message.topic)
        if message.topic == STATE_TOPIC:
            self.stands = json.loads(message.payload)["state"]
        return not self.events and not self.topics and self.stands == "fail"


async def test_what_happened_while_the_broker_was_down_arrives_in_order(
    folder, listen, port, broker, tmp_path
):
    with daemon(folder, listen) as process:
        assert stands(listen, "pass")
        port.shut()
        assert stands(listen, "fail")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    port.open()
    with daemon(folder, listen) as process:
        assert stands(listen, "pass")
        process.kill()
    port.shut()
    with daemon(folder, listen) as process:
        assert stands(listen, "fail")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    kept = waiting(tmp_path)
    broker.start()
    listener = Listener(broker.port)
    with daemon(folder, listen):
        arrived = await listener.until(Missing(kept).complete_with)
    listener.close()

    told = list(dict.fromkeys(m.payload for m in arrived if "/event/" in m.topic))
    assert told[: len(events(kept))] == events(kept)
    assert changes(told, f"plc.{CHECK}") == ["pass", "fail", "pass", "fail"]
    assert f"upheld/v1/bench/alert/plc.{CHECK}" in {m.topic for m in arrived if m.payload}


def events(kept):
    return [body for stream, _, body in kept if stream == "event"]


def changes(bodies, key):
    """The states one control went through, as its events tell it, but for having grown old."""
    told = [json.loads(body) for body in bodies]
    states = [
        e["data"]["is"] for e in told if e["type"] == "upheld.state" and e["data"]["key"] == key
    ]
    states = [state for state in states if state != "unknown"]
    return [state for n, state in enumerate(states) if n == 0 or states[n - 1] != state]
