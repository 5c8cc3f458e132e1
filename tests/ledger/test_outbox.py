"""The outbox, against a model of it in plain lists."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from appliance.ledger.entry import Message
from appliance.ledger.store import Store

OUTLETS = ("mqtt", "soc")


def test_messages_of_a_stream_are_numbered_without_gaps_and_come_oldest_first(reopen):
    async def run():
        async with reopen() as store:
            for i in range(5):
                await store.commit(
                    [], [Message("mqtt", s, f"{s}/{i}", b"%d" % i) for s in ("x", "y")]
                )
            return await store.waiting("mqtt"), await store.waiting("mqtt", limit=3)

    everything, three = asyncio.run(run())
    assert [(w.message.stream, w.sequence) for w in everything] == [
        (s, n) for n in range(1, 6) for s in ("x", "y")
    ]
    assert three == everything[:3]


async def test_a_newer_state_replaces_a_waiting_one_but_not_one_of_another_address(store):
    for address, body in (("a", b"1"), ("b", b"1"), ("a", b"2")):
        await store.commit([], [Message("mqtt", "s", address, body, latest_only=True)])

    waiting = await store.waiting("mqtt")
    assert [(w.message.address, w.message.body) for w in waiting] == [("b", b"1"), ("a", b"2")]


async def test_an_event_of_the_same_address_is_not_replaced(store):
    await store.commit([], [Message("mqtt", "s", "a", b"event")])
    await store.commit([], [Message("mqtt", "s", "a", b"state", latest_only=True)])

    assert [w.message.body for w in await store.waiting("mqtt")] == [b"event", b"state"]


async def test_a_late_receipt_for_a_replaced_state_does_not_count_for_the_newer(store):
    await store.commit([], [Message("mqtt", "s", "a", b"old", latest_only=True)])
    (on_its_way,) = await store.waiting("mqtt")
    await store.commit([], [Message("mqtt", "s", "a", b"new", latest_only=True)])
    await store.delivered([on_its_way.id])

    assert [w.message.body for w in await store.waiting("mqtt")] == [b"new"]


async def test_numbers_and_ids_go_on_after_everything_was_delivered_and_reopened(store, reopen):
    await store.commit([], [Message("mqtt", "s", "a", b"1")])
    (first,) = await store.waiting("mqtt")
    await store.delivered([first.id, 12345])
    await store.close()

    async with reopen() as again:
        await again.commit([], [Message("mqtt", "s", "a", b"2")])
        (second,) = await again.waiting("mqtt")
    assert second.sequence == 2
    assert second.id > first.id


async def test_all_fields_of_a_message_come_back(store):
    message = Message("soc", "s", "a", b"\x00\xff", '{"k":"v"}', latest_only=True)
    await store.commit([], [message])

    assert [w.message for w in await store.waiting("soc")] == [message]


class Outbox(RuleBasedStateMachine):
    """Whatever is put, replaced, delivered and reopened: the same messages in the same order."""

    def __init__(self):
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.numbers: dict[tuple[str, str], int] = {}
        self.model: list[tuple[int, Message]] = []
        self.loop = asyncio.new_event_loop()
        self.store = self._opened()

    def _opened(self):
        return Store.open(Path(self.directory.name) / "l.db", origin="o/1", key=bytes(32))

    def _do(self, work):
        return self.loop.run_until_complete(work)

    @rule(
        batch=st.lists(
            st.builds(
                Message,
                outlet=st.sampled_from(OUTLETS),
                stream=st.sampled_from(["s", "t"]),
                address=st.sampled_from(["a", "b"]),
                body=st.binary(max_size=3),
                latest_only=st.booleans(),
            ),
            max_size=4,
        )
    )
    def put(self, batch):
        self._do(self.store.commit([], batch))
        for message in batch:
            if message.latest_only:
                self.model = [(n, m) for n, m in self.model if not self._replaces(message, m)]
            place = (message.outlet, message.stream)
            self.numbers[place] = self.numbers.get(place, 0) + 1
            self.model.append((self.numbers[place], message))

    @staticmethod
    def _replaces(new, old):
        return old.latest_only and (new.outlet, new.address) == (old.outlet, old.address)

    @rule(outlet=st.sampled_from(OUTLETS), count=st.integers(0, 3))
    def deliver(self, outlet, count):
        gone = self._do(self.store.waiting(outlet, limit=count))
        self._do(self.store.delivered([w.id for w in gone]))
        for waiting in gone:
            self.model.remove((waiting.sequence, waiting.message))

    @rule()
    def reopen(self):
        self._do(self.store.close())
        self.store = self._opened()

    @invariant()
    def waits_as_in_the_model(self):
        for outlet in OUTLETS:
            expected = [(n, m) for n, m in self.model if m.outlet == outlet]
            waiting = self._do(self.store.waiting(outlet))
            assert [(w.sequence, w.message) for w in waiting] == expected
            assert self._do(self.store.backlog()).get(outlet, 0) == len(expected)

    def teardown(self):
        self._do(self.store.close())
        self.loop.close()
        self.directory.cleanup()


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
