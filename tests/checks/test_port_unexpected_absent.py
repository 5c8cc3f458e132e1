"""port-unexpected-absent, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, port, service, told, verdict

CHECK = BY_ID["port-unexpected-absent"]
PLC = asset(services=(service(4840, "opcua"),), closed_ports=(23, 80))


def test_holds_when_every_port_was_refused():
    answer = verdict(
        CHECK, port(4840, "open"), port(23, "refused"), port(80, "refused", conduit="c"), asset=PLC
    )

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "answer"


def test_holds_by_silence_inside_the_zone_of_a_living_asset():
    answer = verdict(CHECK, port(23, "filtered"), port(80, "refused"), asset=PLC)

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


def test_broken_by_an_undeclared_open_port():
    answer = verdict(CHECK, port(23, "refused"), port(80, "open"), asset=PLC)

    assert told(answer) == ("fail", "unexpected-open")
    assert answer.said == "Open although not in the asset record: tcp-80."
    assert answer.where == ("plc-1 tcp-80 from dmz",)


def test_not_applicable_without_closed_ports():
    answer = verdict(CHECK, port(4840, "open"), asset=asset(services=PLC.services))

    assert told(answer)[0] == "not-applicable"


def test_not_applicable_to_an_asset_that_is_never_probed():
    answer = verdict(CHECK, asset=asset(closed_ports=(23,), probing="never"))

    assert told(answer)[0] == "not-applicable"


@pytest.mark.parametrize(
    ("said", "changes", "reason"),
    [
        ("filtered", {"conduit": "c"}, "filtered"),
        ("filtered", {"alive": False}, "filtered"),
        ("unreachable", {}, "unreachable"),
        ("refused", {"conduit": "resets"}, "filtered"),
    ],
)
def test_could_not_see_the_device_behind_the_path(said, changes, reason):
    plc = asset(closed_ports=(23, 80), reset_conduits=("resets",))

    answer = verdict(CHECK, port(80, "refused"), port(23, said, **changes), asset=plc)

    assert told(answer) == ("inconclusive", reason)


def test_could_not_see_a_port_nobody_tried():
    assert told(verdict(CHECK, port(23, "refused"), asset=PLC)) == ("inconclusive", "not-asked")


def test_could_not_see_with_the_budget_spent():
    gap = observed(Reason.BUDGET_SPENT, facts_type=TcpPort.__name__)

    answer = verdict(CHECK, port(23, "refused"), gap, asset=PLC)

    assert told(answer) == ("inconclusive", "budget-spent")


def test_could_not_see_by_silence_in_a_blind_run():
    answer = verdict(CHECK, port(23, "filtered", blind=True), port(80, "refused"), asset=PLC)

    assert told(answer) == ("inconclusive", "blind")
