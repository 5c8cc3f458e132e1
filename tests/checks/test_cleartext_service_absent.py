"""cleartext-service-absent, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, port, service, told, verdict

CHECK = BY_ID["cleartext-service-absent"]
PLC = asset(services=(service(443, "https"), service(8080, "http")), closed_ports=(21, 23, 4000))


def test_holds_when_all_are_closed():
    answer = verdict(
        CHECK, port(21, "refused"), port(23, "refused"), port(8080, "refused"), asset=PLC
    )

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == "Closed: tcp-21, tcp-23, tcp-8080."


def test_holds_by_silence_inside_the_zone():
    answer = verdict(CHECK, port(23, "filtered"), asset=asset(closed_ports=(23,)))

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


def test_broken_by_a_declared_clear_text_service_on_any_port():
    answer = verdict(CHECK, port(21, "refused"), port(8080, "open"), asset=PLC)

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "Clear-text services are open: http on tcp-8080."


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, asset=asset(probing="never")))[0] == "not-applicable"


def test_could_not_see_which_protocol_an_undeclared_port_speaks():
    answer = verdict(CHECK, port(23, "open"), asset=PLC)

    assert told(answer) == ("inconclusive", "not-comparable")


def test_could_not_see_across_a_firewall_that_drops():
    answer = verdict(CHECK, port(23, "filtered", conduit="c"), asset=asset(closed_ports=(23,)))

    assert told(answer) == ("inconclusive", "filtered")


def test_could_not_see_one_of_the_ports():
    answer = verdict(CHECK, port(21, "refused"), port(8080, "refused"), asset=PLC)

    assert told(answer) == ("inconclusive", "not-asked")


def test_could_not_see_where_no_clear_text_port_is_named():
    answer = verdict(CHECK, port(4000, "refused"), asset=asset(closed_ports=(4000,)))

    assert told(answer) == ("inconclusive", "not-asked")


def test_could_not_see_a_gap():
    gap = observed(Reason.BUSY, facts_type=TcpPort.__name__)

    assert told(verdict(CHECK, gap, asset=PLC))[0] == "inconclusive"


def test_could_not_see_from_a_vantage_that_does_not_even_hear_what_another_does():
    """Its silence is its own; a second vantage beside it still tells."""
    plc = asset(services=(service(443, "https"),), closed_ports=(23,))
    opened = port(443, "open", conduit="dmz-control")
    silent = [port(p, "filtered", vantage="bench", vantage_kind="plain") for p in (443, 23)]
    beside = port(23, "refused", vantage="other", vantage_kind="plain")

    assert told(verdict(CHECK, opened, *silent, asset=plc)) == ("inconclusive", "filtered")
    assert told(verdict(CHECK, opened, *silent, beside, asset=plc)) == ("pass", "as-expected")
