"""The head a real broker retains: a receipt, a contradiction, or a stranger's that means nothing."""

from __future__ import annotations

import json

import pytest

from appliance.ledger.note import Checkpoint, Signer
from appliance.outlets import messages
from tests.outlets.brokers import Mosquitto

TOPIC = "upheld/v1/bench/ledger/checkpoint"


@pytest.fixture
def broker(tmp_path):
    made = Mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def configured(site, broker):
    return site(f"outlets: {{mqtt: {{broker: 'mqtt://127.0.0.1:{broker.port}'}}}}\n")


def retain(broker, note):
    from paho.mqtt import publish

    publish.single(TOPIC, note, qos=1, retain=True, hostname="127.0.0.1", port=broker.port)


async def turn(duty):
    duty._start_due()
    await duty._kept["mqtt"].task


async def last(store):
    found = [json.loads(b) async for _, b in store.entries()]
    return found[-1]


async def test_our_own_head_read_back_is_a_receipt(rounds, configured, broker, anchoring):
    async with rounds(configured) as appliance:
        await appliance.store.commit([b"{}"])
        assert messages.checkpoint("bench", "x").address == TOPIC
        retain(broker, await appliance.store.latest_checkpoint())
        duty = await anchoring(appliance)
        await turn(duty)

        entry = await last(appliance.store)
        assert (entry["type"], entry["anchor"], entry["size"]) == ("anchor.mqtt", "mqtt", 1)
        assert duty._publishing._looked


async def test_nothing_retained_is_trouble_and_lets_ours_go_there(rounds, configured, anchoring):
    async with rounds(configured) as appliance:
        duty = await anchoring(appliance)
        await turn(duty)

        assert "retains nothing" in duty.pictures()[0].trouble
        assert duty._publishing._looked


async def test_a_strangers_head_changes_nothing(rounds, configured, broker, anchoring):
    stranger = Signer("bench/edge/evidence/1", bytes(32))
    async with rounds(configured) as appliance:
        retain(broker, stranger.sign(Checkpoint(stranger.name, 900, bytes(32)).text))
        duty = await anchoring(appliance)
        await turn(duty)

        assert "is not ours" in duty.pictures()[0].trouble
        assert appliance.store.verifier.name == "bench/edge/evidence/1"
        assert appliance.store.size == 0
        assert not appliance.guard.held


async def test_a_head_of_ours_that_we_do_not_hold_opens_the_next_incarnation(
    rounds, configured, broker, anchoring
):
    ours = Signer("bench/edge/evidence/1", b"k" * 32)
    async with rounds(configured) as appliance:
        note = ours.sign(Checkpoint(ours.name, 900, bytes(32)).text)
        retain(broker, note)
        duty = await anchoring(appliance)
        await turn(duty)

        assert appliance.store.verifier.name == "bench/edge/evidence/2"
        first, *_ = [json.loads(b) async for _, b in appliance.store.entries()]
        assert first["outside"] == note
        assert appliance.guard.held


async def test_of_a_later_incarnation_the_next_one_is_begun(rounds, configured, broker, anchoring):
    ours = Signer("bench/edge/evidence/7", b"k" * 32)
    async with rounds(configured) as appliance:
        retain(broker, ours.sign(Checkpoint(ours.name, 3, bytes(32)).text))
        duty = await anchoring(appliance)
        await turn(duty)

        assert appliance.store.verifier.name == "bench/edge/evidence/8"


async def test_while_the_broker_cannot_be_asked_our_head_does_not_replace_what_it_retains(
    rounds, configured, broker, anchoring
):
    broker.stop()
    async with rounds(configured) as appliance:
        duty = await anchoring(appliance)
        await turn(duty)

        assert "MQTT broker" in duty.pictures()[0].trouble
        assert not duty._publishing._looked
    broker.start()
