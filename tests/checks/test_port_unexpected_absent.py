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


def at_the_bench(number, answer):
    return port(number, answer, vantage="bench", vantage_kind="plain")


def test_could_not_see_from_a_vantage_that_does_not_even_hear_what_another_does():
    """Its switch port is in the wrong VLAN, or the device drops all but its manager."""
    monitored = port(4840, "open", conduit="dmz-control")
    silent = [at_the_bench(number, "filtered") for number in (4840, 23, 80)]

    answer = verdict(CHECK, monitored, *silent, asset=PLC)

    assert told(answer) == ("inconclusive", "filtered")
    assert answer.said == (
        "Port tcp-23 of plc-1 shows nothing of the device: bench heard nothing of it, though "
        "another did."
    )


@pytest.mark.parametrize(
    "heard",
    [
        (at_the_bench(4840, "open"),),
        (at_the_bench(4840, "refused"),),
        # Nothing opened to anybody: whoever answered did so over UDP, to any of them.
        (port(4840, "filtered", conduit="dmz-control"), at_the_bench(4840, "filtered")),
    ],
)
def test_holds_by_silence_to_a_vantage_that_nothing_speaks_against(heard):
    silent = [at_the_bench(number, "filtered") for number in (23, 80)]
    monitored = [port(4840, "open", conduit="dmz-control")] if len(heard) == 1 else []

    answer = verdict(CHECK, *monitored, *heard, *silent, asset=PLC)

    assert (*told(answer), answer.rests_on) == ("pass", "as-expected", "silence")
