"""A check that lets known-bad facts pass is believed no more, and everybody is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from appliance.drill import selftest
from appliance.judge.replaying import standings as replayed
from appliance.ledger import bodies
from appliance.outlets.drilled import families
from checks import ALL, BY_ID
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason, passed

KEY = StateKey(Subject("site"), "self-positive-control")


def test_the_running_checks_fail_all_that_is_known_to_be_bad():
    assert selftest.tried() == {}


def test_without_known_bad_facts_no_check_is_believed(monkeypatch):
    monkeypatch.setattr(selftest, "FILE", "gone.jsonl")

    assert set(selftest.tried()) == {check.id for check in ALL}


async def test_a_broken_check_judges_no_more_and_what_it_said_is_unknown(
    configured, appliance, monkeypatch
):
    blind = replace(BY_ID[KEY.check], function=lambda own: passed("Fine."))
    async with appliance(configured("")) as drilling:
        rounds = drilling._rounds
        now = datetime.now(UTC)
        stood = Standing(State.PASS, Reason.AS_EXPECTED, "Fine.", (), now, now, now, 3_600)
        rounds.standings[KEY] = stood
        monkeypatch.setattr(selftest, "ALL", tuple(blind if c.id == KEY.check else c for c in ALL))
        found = await selftest.run(rounds)
        stands = rounds.standings[KEY]
        judging = {check.id for check in rounds.judge.checks}
        page = "".join(families(rounds.drilled))
        entries = [json.loads(body) async for _, body in rounds.store.entries()]
        kept = await rounds.store.standings()

    assert found == {KEY.check: "it says pass of facts it must fail: Fine."}
    assert (stands.state, stands.reason) == (State.UNKNOWN, Reason.CHECK_BROKEN)
    assert stands.said == (
        "The check itself is broken: it says pass of facts it must fail: Fine.; it was pass: Fine."
    )
    assert KEY.check not in judging
    assert len(judging) == len(ALL) - 1
    assert f'upheld_check_broken{{check="{KEY.check}"}} 1\n' in page
    assert [e["type"] for e in entries][-2:] == ["aged", "selftest"]
    assert kept[str(KEY)] == bodies.standing(stands)
    fold = entries[-2]
    assert fold["broken"] == found
    assert replayed([fold | {"keys": []}]) == {}
