"""A check is found broken while its controls stand: replayed, re-judged and shown as nobody knows."""

from __future__ import annotations

import json

import pytest

from appliance.judge.judging import Judge
from appliance.judge.replaying import standings as replayed
from appliance.judge.standing import distrusted
from checks import ALL
from checks.facts.codec import plain
from checks.facts.standing import State
from checks.facts.verdict import Reason
from tests.ledger.package.conftest import run, unpacked
from tests.ledger.package.test_history import rows

BROKEN = "port-expected-present"
WHY = "it says pass of facts it must fail: Fine."
KEY = f"plc.{BROKEN}"
STATES = {}


async def story(plant):
    """Two hours well, one failing, then the check is believed no more, and at last again."""
    for answer in ("open", "open", "refused"):
        await plant.look(p102=answer)
    at = plant.clock.now()
    fallen = {k: distrusted(s, at, WHY) for k, s in plant.standings.items() if k.check == BROKEN}
    assert str(next(iter(fallen))) == KEY
    await plant.tell("aged", keys=[str(k) for k in fallen], broken={BROKEN: WHY})
    plant.standings |= fallen
    trusted = plant.judge
    rest = tuple(c for c in ALL if c.id != BROKEN)
    plant.judge = Judge(plant.loaded.site, rest, lambda *_: 3600)
    for _ in range(5):
        await plant.look(p102="open")
    await plant.age()
    STATES["distrusted"] = dict(plant.standings), plant.store.size
    plant.judge = trusted
    await plant.look(p102="open")
    STATES["end"] = dict(plant.standings), plant.store.size


@pytest.fixture(scope="module")
def exported(built, pack):
    return pack(built(story, "distrusted"))


@pytest.mark.parametrize("when", ["distrusted", "end"])
def test_a_replay_gives_every_state_as_it_was_kept_also_of_the_broken_check(exported, when):
    kept, size = STATES[when]
    bodies = [
        json.loads(x) for x in unpacked(exported)["data/90_raw/log/entries.jsonl"].splitlines()
    ]

    assert {k: plain(s) for k, s in replayed(bodies[:size]).items()} == {
        str(k): plain(s) for k, s in kept.items()
    }
    broken = next(s for k, s in kept.items() if str(k) == KEY)
    if when == "distrusted":
        assert (broken.state, broken.reason) == (State.UNKNOWN, Reason.CHECK_BROKEN)
        assert "it was fail" in broken.said
    else:
        assert broken.state is State.PASS


def test_other_checks_of_the_same_entry_only_grow_old(exported):
    """Only the named checks fall; a key in the entry whose check is whole is merely as old as it is."""
    bodies = [
        json.loads(x) for x in unpacked(exported)["data/90_raw/log/entries.jsonl"].splitlines()
    ]
    place = next(i for i, b in enumerate(bodies) if b.get("broken"))
    before = replayed(bodies[:place])
    whole = next(k for k, s in before.items() if s.state is State.PASS and k != KEY)
    both = replayed([*bodies[:place], {**bodies[place], "keys": [KEY, whole]}])

    assert both[whole] == before[whole]
    assert both[KEY] == distrusted(before[KEY], both[KEY].since, WHY)


def test_the_package_says_that_nobody_knew_and_the_failure_stays_open_meanwhile(exported, tmp_path):
    gaps = [r for r in rows(exported, "06_technical/gaps") if r["key"] == KEY]
    (failure,) = [r for r in rows(exported, "06_technical/failures") if r["key"] == KEY]
    (tmp_path / "p.zip").write_bytes(exported.data)
    ran = run("rejudge.py", tmp_path / "p.zip")

    assert [(g["from"], g["to"], g["reason"]) for g in gaps if g["reason"] == "check-broken"] == [
        ("2026-03-02T11:00:00Z", "2026-03-02T17:00:00Z", "check-broken")
    ]
    assert (failure["began"], failure["ended"]) == ("2026-03-02T11:00:00Z", "2026-03-02T17:00:00Z")
    assert rows(exported, "10_method/replay") == []
    assert ran.code == 0, ran.said
