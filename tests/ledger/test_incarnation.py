"""From one log to the next: all of it or nothing, whatever breaks in between."""

from __future__ import annotations

import json

import pytest

from appliance.ledger import incarnation
from appliance.ledger.errors import LedgerError
from appliance.ledger.keys import load_or_create
from appliance.ledger.show import show
from appliance.ledger.store import Store
from appliance.ledger.verify import verify

FIRST, SECOND = "plant/edge/evidence/1", "plant/edge/evidence/2"
OPENING = json.dumps({"type": "log.open"}).encode()


@pytest.fixture
def opened(tmp_path):
    """The ledger as the appliance opens it, whatever lies there."""

    def again():
        name = incarnation.current(tmp_path, FIRST)
        key = load_or_create(tmp_path, name)
        return Store.open(tmp_path / "ledger.db", origin=name, key=key)

    return again


@pytest.fixture
async def grown(opened):
    store = opened()
    await store.commit([b'{"n":%d}' % n for n in range(300)], noted={"k": bytes(4_000_000)})
    yield store
    await store.close()


def vkey(tmp_path, number=None):
    name = "evidence.vkey" if number is None else f"evidence-{number}.vkey"
    return (tmp_path / name).read_text()


async def both_verify(tmp_path):
    closed = verify(tmp_path / "ledger-1.db", vkey(tmp_path, 1))
    now = verify(tmp_path / "ledger.db", vkey(tmp_path))
    assert closed.ok, closed.broken
    assert now.ok, now.broken
    assert (closed.origin, closed.entries, now.origin) == (FIRST, 300, SECOND)


async def test_the_next_begins_and_both_verify(grown, tmp_path):
    done = await grown.begin_anew([OPENING])
    await grown.commit([b"{}"])

    assert (done.first, done.size, grown.verifier.name) == (0, 1, SECOND)
    assert (await grown.noted())["k"] == bytes(4_000_000)
    await grown.close()
    await both_verify(tmp_path)


async def test_a_disk_that_is_full_meanwhile_leaves_the_log_as_it_was(
    grown, opened, tmp_path, monkeypatch
):
    whole = incarnation.carry_over

    def without_room(fresh, old):
        fresh.execute("PRAGMA max_page_count = 200")
        whole(fresh, old)

    monkeypatch.setattr(incarnation, "carry_over", without_room)
    with pytest.raises(LedgerError, match="the disk is full"):
        await grown.begin_anew([OPENING])

    assert grown.verifier.name == FIRST
    await grown.commit([b'{"n":300}'])
    await grown.close()
    assert not (tmp_path / "ledger-1.db").exists()
    async with opened() as again:
        assert (again.verifier.name, again.size) == (FIRST, 301)
        monkeypatch.setattr(incarnation, "carry_over", whole)
        await again.begin_anew([OPENING])
        assert again.verifier.name == SECOND


class PowerCut(BaseException):
    """Nothing after it happens, no clean-up either."""


@pytest.mark.parametrize("renames", range(3))
async def test_a_power_cut_between_the_renames_ends_in_one_of_both(
    grown, opened, tmp_path, monkeypatch, renames
):
    done = 0
    move, write = incarnation._move, incarnation.durable.write

    def moved(path, to):
        nonlocal done
        if done == renames:
            raise PowerCut
        done += 1
        move(path, to)

    def written(*arguments, **named):
        raise PowerCut

    monkeypatch.setattr(incarnation, "_move", moved)
    monkeypatch.setattr(incarnation.durable, "write", written)
    with pytest.raises(PowerCut):
        await grown.begin_anew([OPENING])
    assert done == renames
    monkeypatch.setattr(incarnation, "_move", move)
    monkeypatch.setattr(incarnation.durable, "write", write)

    async with opened() as again:
        if renames == 0:
            assert (again.verifier.name, again.size) == (FIRST, 300)
            await again.begin_anew([OPENING])
        assert (again.verifier.name, again.size) == (SECOND, 1)
        await again.commit([b"{}"])
    assert [v for _, v in show(tmp_path / "ledger.db")] == [{"type": "log.open"}, {}]
    await both_verify(tmp_path)
    assert not list(tmp_path.glob("*.next*"))
