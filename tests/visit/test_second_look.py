"""Who is asked once more, from where, and what its silence does not do."""

from __future__ import annotations

from itertools import permutations

import pytest

from appliance.site.expected import expected_for
from appliance.site.model import Site
from appliance.visit import questions as q
from appliance.visit.asks import asks
from appliance.visit.choosing import place
from appliance.visit.guard.signs import Weight, sign_of
from appliance.visit.reach import looks
from appliance.visit.reading import answered, happened, meant_to_answer
from checks.facts.snmp import SnmpElsewhere, SnmpManagers
from checks.facts.standing import Subject
from collectors import errors

MONITOR = {"id": "monitor", "zone": "cell", "source": "10.0.0.5"}
PLAIN = {"id": "a-plain", "zone": "cell", "source": "10.0.0.6", "kind": "plain"}
OUTSIDE = {"id": "outside", "zone": "dmz", "source": "10.0.1.5"}
OUTSIDE_PLAIN = {"id": "outside-plain", "zone": "dmz", "source": "10.0.1.6", "kind": "plain"}
SNMP = {"port": "udp/161", "protocol": "snmp", "credential": "read"}


def site(*vantages, services=(SNMP,), allow=("udp/161",), probing="standard") -> Site:
    return Site.model_validate({
        "site": {"id": "s", "name": "S"},
        "appliance": {"id": "e", "state_dir": "/tmp/none", "vantages": list(vantages)},
        "zones": [
            {"id": "cell", "name": "Cell", "networks": ["10.0.0.0/24"], "sl_t": 2},
            {"id": "dmz", "name": "DMZ", "networks": ["10.0.1.0/24"], "sl_t": 2},
        ],
        "conduits": [
            {"id": "in", "from": "dmz", "to": "cell", "sl_t": 2, "denies_by": "drop",
             "allow": list(allow)}
        ],
        "credentials": [{"id": "read", "kind": "community", "secret": {"file": "x"}}],
        "assets": [
            {"id": "sw", "zone": "cell", "address": "10.0.0.9", "role": "switch",
             "probing": probing, "services": list(services)}
        ],
    })  # fmt: skip


def planned(made: Site):
    (asset,) = made.assets
    return asks(asset, looks(made, asset), laboratory=False)


def seconds(made: Site):
    return [a for a in planned(made) if a.question == q.SNMP_MANAGERS]


def expected(made: Site) -> str:
    subject = Subject("service", zone="cell", asset="sw", service="udp-161")
    return expected_for(made, subject).service.second_look


def test_a_plain_vantage_of_the_zone_asks_this_one_question_and_no_other():
    made = site(MONITOR, PLAIN)

    from_plain = [a for a in planned(made) if a.look.vantage.id == "a-plain"]

    assert [a.question for a in from_plain] == [q.SNMP_MANAGERS]
    assert expected(made) == "a-plain"


def test_a_manager_across_a_conduit_has_its_second_look_inside():
    made = site(OUTSIDE, OUTSIDE_PLAIN, PLAIN)

    assert [a.look.vantage.id for a in seconds(made)] == ["a-plain"]
    assert expected(made) == "a-plain"


@pytest.mark.parametrize(
    "vantages",
    [
        (MONITOR,),
        (MONITOR, OUTSIDE_PLAIN),
        (OUTSIDE, OUTSIDE_PLAIN),
        (MONITOR, {**PLAIN, "kind": "monitor"}),
        (MONITOR, {**PLAIN, "source": None}),
        ({**MONITOR, "source": None}, PLAIN),
        (MONITOR, {**PLAIN, "source": MONITOR["source"]}),
        (PLAIN,),
    ],
    ids=str,
)
def test_nobody_else_asks_it(vantages):
    made = site(*vantages)

    assert not seconds(made)
    assert expected(made) == ""


def test_a_plain_vantage_may_not_speak_across_a_conduit_even_where_one_flow_is_its_own():
    made = site(OUTSIDE, OUTSIDE_PLAIN, allow=({"from": "outside-plain", "port": "udp/161"},))

    assert not seconds(made)


def test_what_is_asked_and_what_is_expected_agree_in_every_order_of_vantages():
    for vantages in permutations((MONITOR, PLAIN, OUTSIDE, OUTSIDE_PLAIN)):
        made = site(*vantages)

        assert [a.look.vantage.id for a in seconds(made)] == [v for v in [expected(made)] if v]


def test_without_a_login_there_is_no_control_and_no_question():
    assert not seconds(site(MONITOR, PLAIN, services=({**SNMP, "credential": None},)))


def test_a_fragile_device_is_not_asked():
    (ask,) = seconds(site(MONITOR, PLAIN, probing="fragile"))

    assert ask.forbidden is not None


def test_it_comes_after_the_manager_s_own_questions_whatever_the_vantages_are_called():
    order = sorted(planned(site(MONITOR, PLAIN)), key=place)

    names = [a.question.id for a in order if a.question.collector == "snmp"]
    assert names.index("snmp-system") < names.index("snmp-managers")


def seen(answer: str, control: str = "") -> SnmpManagers:
    return SnmpManagers("10.0.0.6", "10.0.0.5", "x", SnmpElsewhere(answer), control, "")


@pytest.mark.parametrize(
    ("facts", "weight", "alive"),
    [
        (seen("silent"), Weight.NOTHING, False),
        (seen("silent", control="x"), Weight.OPENED, True),
        (seen("closed"), Weight.SIGN_OF_LIFE, True),
        (seen("closed", control="x"), Weight.OPENED, True),
        (seen("answered"), Weight.OPENED, True),
    ],
)
def test_silence_to_a_stranger_is_no_silence_of_the_device(facts, weight, alive):
    (ask,) = seconds(site(MONITOR, PLAIN))

    assert sign_of(happened(ask, facts, None, None)).weight is weight
    assert answered(facts, None, ask.look) is alive


@pytest.mark.parametrize(
    "error",
    [errors.TimedOut, errors.Unreachable, errors.HungUp, errors.NoWayOut, errors.Filtered],
)
def test_no_failure_of_it_opens_a_breaker(error):
    (ask,) = seconds(site(MONITOR, PLAIN))

    assert not meant_to_answer(ask)
    assert sign_of(happened(ask, None, error("x", "y"), None)).weight is Weight.NOTHING
