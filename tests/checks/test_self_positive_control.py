"""self-positive-control, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.context import Own, OwnControl
from tests.checks.given import told, verdict

CHECK = BY_ID["self-positive-control"]


def own(*answers):
    return Own(
        controls=tuple(OwnControl("tcp/10.0.0.9:443", f"v{i}", a) for i, a in enumerate(answers))
    )


def test_holds_when_all_answered():
    assert told(verdict(CHECK, own=own(True, True))) == ("pass", "as-expected")


def test_broken_by_one_that_did_not():
    answer = verdict(CHECK, own=own(True, False, None))

    assert told(answer) == ("fail", "missing")
    assert answer.said == (
        "1 of 3 control hosts did not answer, so the silences of this run mean nothing."
    )
    assert answer.where == ("tcp/10.0.0.9:443 from v1",)


def test_not_applicable_without_control_hosts():
    assert told(verdict(CHECK))[0] == "not-applicable"


def test_could_not_see_one_that_was_not_asked():
    assert told(verdict(CHECK, own=own(True, None))) == ("inconclusive", "not-asked")
