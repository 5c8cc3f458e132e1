from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.site.assets import Link, Service
from appliance.site.model import Vantage
from appliance.site.scalars import Port
from appliance.visit import questions as q
from appliance.visit.asks import Ask
from appliance.visit.choosing import (
    Choice,
    Position,
    canaries_of,
    canary_of,
    choose,
    place,
)
from appliance.visit.classes import CLASSES, ProbingClass, class_of
from appliance.visit.purse import Left
from appliance.visit.reach import Look
from appliance.visit.rotation import Rotation, rotation
from checks.facts.verdict import Reason

HOUR = timedelta(hours=1)
DMZ = Vantage(id="dmz", zone="dmz")
PLAIN = Vantage(id="dmz-plain", zone="dmz", kind="plain")
FRAGILE, STANDARD = CLASSES["fragile"], CLASSES["standard"]
PORT = q.TCP_PORT.packets
CANARY = 2 * PORT


def nowhere(_: str, __: int) -> str | None:
    return None


def look(port: str, protocol: str | None = None, *, permitted: bool = True, vantage=DMZ) -> Look:
    service = Service.model_validate({"port": port, "protocol": protocol}) if protocol else None
    return Look(vantage, Port.parse(port), service, "dmz-control", permitted)


def opened(port: str, protocol: str, **how) -> Ask:
    return Ask(look(port, protocol, **how), q.TCP_PORT)


def shut(number: int, vantage=DMZ) -> Ask:
    return Ask(look(f"tcp/{number}", permitted=False, vantage=vantage), q.TCP_PORT)


OPCUA = look("tcp/4840", "opcua")
MODBUS = look("tcp/502", "modbus")
SNMP = look("udp/161", "snmp")
PLC = (
    opened("tcp/4840", "opcua"),
    opened("tcp/502", "modbus"),
    Ask(OPCUA, q.OPCUA_ENDPOINTS),
    Ask(OPCUA, q.OPCUA_ANONYMOUS),
    Ask(MODBUS, q.MODBUS_IDENTITY),
    Ask(OPCUA, q.OPCUA_SERVER),
    Ask(SNMP, q.SNMP_SYSTEM),
)
CLOSED = tuple(shut(number) for number in range(20, 80))


def chosen(
    asks,
    numbers: ProbingClass = STANDARD,
    left: Left | None = None,
    position: Position | None = None,
    **how,
) -> Choice:
    how.setdefault("canary", canary_of(asks, nowhere))
    how.setdefault("every", numbers.every)
    how.setdefault("never_connect", nowhere)
    return choose(
        asks,
        numbers,
        left or Left(numbers.packets_a_day, numbers.octets_a_day),
        position or Position(),
        **how,
    )


def names(asks) -> list[str]:
    return [f"{a.look.port} {a.question.id}" for a in asks]


def test_the_canary_goes_first_then_gentle_then_industrial_then_logins():
    web = look("tcp/443", "https")
    choice = chosen((*PLC, opened("tcp/443", "https")), canary=PLC[1])

    assert names(choice.chosen) == [
        "tcp/502 tcp-port",
        "tcp/443 tcp-port",
        "tcp/4840 tcp-port",
        "tcp/502 modbus-identity",
        "tcp/4840 opcua-endpoints",
        "tcp/4840 opcua-anonymous",
        "udp/161 snmp-system",
        "tcp/4840 opcua-server",
    ]
    assert choice.left_out == ()
    assert web.permitted


def test_what_is_reserved_is_the_sum_of_the_bounds_and_two_canaries():
    choice = chosen((*PLC, *CLOSED[:3]))

    others = sum(a.question.packets for a in (*PLC, *CLOSED[:3])) - PORT
    assert choice.packets == CANARY + others
    assert choice.octets == 2 * q.TCP_PORT.octets + sum(
        a.question.octets for a in (*PLC[1:], *CLOSED[:3])
    )


def test_the_canary_is_the_first_permitted_tcp_service_else_snmp_else_nothing():
    barred = opened("tcp/443", "https", permitted=False)

    assert canary_of((barred, *PLC), nowhere) == PLC[0]
    assert names(canaries_of((barred, *PLC), nowhere)) == [
        "tcp/4840 tcp-port",
        "tcp/502 tcp-port",
        "udp/161 snmp-system",
    ]
    assert canary_of(PLC[-1:], nowhere) == PLC[-1]
    assert canary_of((replace(PLC[-1], forbidden="no logins"), *CLOSED), nowhere) is None
    assert canary_of(PLC, lambda _, n: "a printer" if n == 4840 else None) == PLC[1]


def test_what_is_never_connected_to_or_forbidden_is_left_out_for_good_with_its_reason():
    printer = "port 9100 prints what it is sent"
    asks = (*PLC[:2], replace(PLC[6], forbidden="no logins"), shut(9100))
    choice = chosen(asks, never_connect=lambda _, n: printer if n == 9100 else None)

    assert [(o.reason, o.why) for o in choice.left_out] == [
        (Reason.NOT_PERMITTED, printer),
        (Reason.NOT_PERMITTED, "no logins"),
    ]
    assert names(choice.chosen) == ["tcp/4840 tcp-port", "tcp/502 tcp-port"]


def test_a_sleeper_is_asked_by_its_canary_only():
    why = "it may sleep for 7 days; only its canary is asked until it answers"
    choice = chosen((*PLC, *CLOSED), canary_only=why)

    assert choice.chosen == PLC[:1]
    assert choice.packets == CANARY
    assert {(o.reason, o.why) for o in choice.left_out} == {(Reason.NOT_ASKED, why)}
    assert len(choice.left_out) == len(PLC) + len(CLOSED) - 1
    assert choice.position == Position()


def test_closed_ports_fill_the_rest_and_go_on_where_they_stopped():
    first = chosen((*PLC[:2], *CLOSED))
    second = chosen((*PLC[:2], *CLOSED), position=first.position)

    asked = [a for a in first.chosen if a in CLOSED]
    then = [a for a in second.chosen if a in CLOSED]
    assert len(asked) == (200 - CANARY - PORT) // PORT
    assert then[: len(CLOSED) - len(asked)] == sorted(CLOSED[len(asked) :], key=place)[: len(then)]
    assert first.packets <= 200
    waiting = [o for o in first.left_out if o.ask in CLOSED]
    assert {o.reason for o in waiting} == {Reason.NOT_ASKED}
    assert waiting[0].why == "its turn comes: a visit of its class has 200 packets"


def test_a_port_removed_from_the_list_does_not_restart_the_rotation():
    first = chosen((*PLC[:2], *CLOSED))
    last = max((a for a in first.chosen if a in CLOSED), key=place)
    fewer = tuple(a for a in CLOSED if a != last)

    second = chosen((*PLC[:2], *fewer), position=first.position)

    asked = min((a for a in second.chosen if a in CLOSED and place(a) > place(last)), key=place)
    assert asked == CLOSED[CLOSED.index(last) + 1]


def test_a_spent_day_leaves_the_services_and_says_so():
    choice = chosen((*PLC, *CLOSED), left=Left(CANARY + PORT + 18))

    assert names(choice.chosen) == [
        "tcp/4840 tcp-port",
        "tcp/502 tcp-port",
        "tcp/502 modbus-identity",
    ]
    assert {o.reason for o in choice.left_out} == {Reason.BUDGET_SPENT}
    assert choice.left_out[0].why.startswith("of its packets for 24 hours 39 are left")


def test_when_not_even_the_canary_fits_nothing_is_asked():
    choice = chosen(PLC, left=Left(CANARY - 1))

    assert (choice.chosen, choice.packets) == ((), 0)
    assert {o.reason for o in choice.left_out} == {Reason.BUDGET_SPENT}
    assert len(choice.left_out) == len(PLC)


def test_a_metered_link_runs_out_of_bytes_first():
    cellular = class_of("standard", laboratory=False, link=Link(kind="cellular"))
    choice = chosen(PLC, cellular, Left(6_000, 20 * 1024))

    assert names(choice.chosen) == [
        "tcp/4840 tcp-port",
        "tcp/502 tcp-port",
        "tcp/502 modbus-identity",
    ]
    assert "of its link's bytes for 24 hours 20480 are left" in choice.left_out[0].why


def test_closed_ports_keep_to_an_even_share_of_the_day_so_that_services_do_not_starve():
    robust = CLASSES["robust"]
    choice = chosen((*PLC[:1], *CLOSED), robust, every=timedelta(minutes=15))

    assert choice.packets <= 20_000 // 96 < robust.packets_a_sweep


def test_a_question_comes_only_together_with_the_one_it_rests_on():
    alone = chosen((PLC[0], PLC[3]))
    assert names(alone.chosen) == ["tcp/4840 tcp-port"]

    small = chosen(PLC[:4], left=Left(CANARY + PORT + q.OPCUA_ANONYMOUS.packets))
    assert "tcp/4840 opcua-anonymous" not in names(small.chosen)


def test_what_rests_on_a_forbidden_question_is_left_out_for_good():
    choice = chosen((PLC[0], replace(PLC[2], forbidden="not here"), PLC[3]))

    assert [o.why for o in choice.left_out] == [
        "not here",
        "opcua-endpoints has to come first and is not permitted",
    ]


def test_more_tls_handshakes_than_a_class_allows_on_one_port():
    once = replace(q.OPCUA_ENDPOINTS, tls=1)
    asks = (PLC[0], Ask(OPCUA, once), Ask(OPCUA, replace(q.MODBUS_IDENTITY, tls=1)))
    thrice = (PLC[0], Ask(OPCUA, replace(once, tls=2)))
    questions = {a.question for a in (*asks, *thrice)}
    before = q.QUESTIONS
    q.QUESTIONS = (*before, *questions)
    try:
        two = chosen(asks, FRAGILE)
        never = chosen(thrice, FRAGILE)
    finally:
        q.QUESTIONS = before

    assert len(two.chosen) == 2
    assert two.left_out[0].reason is Reason.NOT_ASKED
    assert never.left_out[0].reason is Reason.NOT_PERMITTED
    assert "2 TLS handshakes" in never.left_out[0].why


def test_a_fragile_plc_is_asked_everything_in_turn_and_closed_ports_are_not_starved():
    asks = (*PLC[:5], *CLOSED[:3])
    at, seen = Position(), []
    for _ in range(6):
        choice = chosen(asks, FRAGILE, position=at)
        at = choice.position
        assert choice.packets <= 60
        seen.append(set(choice.chosen))

    assert set().union(*seen[:3]) == set(asks)
    assert set().union(*seen[3:]) == set(asks)
    got = rotation(asks, FRAGILE, canary=asks[0], every=FRAGILE.every, never_connect=nowhere)

    assert got.whole == 3


@pytest.mark.parametrize(("ports", "visits"), [(0, 1), (25, 1), (26, 2), (50, 2), (51, 3)])
def test_how_many_visits_a_rotation_takes(ports: int, visits: int):
    """A standard asset with one service: (200 - 2 canaries) / 7 ports a visit, less the service."""
    asks = (opened("tcp/4840", "opcua"), opened("tcp/502", "modbus"), *CLOSED[:ports])

    got = rotation(asks, STANDARD, canary=asks[0], every=HOUR, never_connect=nowhere)

    assert got == Rotation(spoken=1, whole=visits)


def test_rounds_that_never_end_are_none():
    small = replace(STANDARD, packets_a_sweep=10)

    never = Rotation(None, None)
    assert rotation(PLC, small, canary=PLC[0], every=HOUR, never_connect=nowhere) == never
    assert rotation((PLC[0], PLC[3]), STANDARD, canary=PLC[0], every=HOUR) == never


def test_the_laboratory_asks_everything_at_once():
    numbers = class_of("fragile", laboratory=True)
    choice = chosen((*PLC, *CLOSED), numbers, every=timedelta(seconds=5))

    assert choice.left_out == ()


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_asked_the_limits_hold_and_nothing_waits_longer_than_rounds(seed: int):
    dice = random.Random(seed)
    numbers = class_of(
        dice.choice(["fragile", "standard", "robust"]),
        laboratory=False,
        link=Link(kind=dice.choice(["lan", "radio", "cellular"])),
    )
    ports = dice.sample(range(1, 2_000), dice.randint(0, 40))
    ring = [shut(n, v) for n in ports for v in (DMZ, PLAIN)[: dice.randint(1, 2)]]
    asks = [PLC[0], *(a for a in PLC[1:] if dice.random() < 0.7), *ring]
    if PLC[2] not in asks:
        asks = [a for a in asks if a.question.after is None]
    every = max(numbers.floor, timedelta(minutes=dice.choice([15, 30, 60, 1_440])))
    how = {"canary": PLC[0], "every": every, "never_connect": nowhere}
    most = rotation(asks, numbers, **how).whole
    assert most is not None
    never = {o.ask for o in chosen(asks, numbers, **how).left_out if o.reason == "not-permitted"}
    at, waited = Position(), dict.fromkeys(set(asks) - never, 0)
    for _ in range(3 * most):
        shuffled = dice.sample(asks, len(asks))
        choice = chosen(shuffled, numbers, position=at, **how)
        assert choice.chosen == chosen(asks, numbers, position=at, **how).chosen
        at = choice.position
        assert choice.packets <= numbers.packets_a_sweep
        assert numbers.octets_a_day is None or choice.octets <= numbers.octets_a_day
        assert set(choice.chosen) | {o.ask for o in choice.left_out} == set(asks)
        assert len(choice.chosen) + len(choice.left_out) == len(asks)
        for ask in waited:
            waited[ask] = 0 if ask in choice.chosen else waited[ask] + 1
            assert waited[ask] <= most, ask


def test_what_comes_first_is_followed_to_the_beginning():
    rights = Ask(OPCUA, q.OPCUA_RIGHTS)
    choice = chosen((*PLC, rights))

    assert names(choice.chosen)[-2:] == ["tcp/4840 opcua-server", "tcp/4840 opcua-rights"]
    assert rights not in chosen((*PLC[:5], rights)).chosen
    assert rights not in chosen((*PLC[:2], *PLC[3:], rights)).chosen


def test_a_chain_is_paid_for_as_a_whole_or_not_at_all():
    asks = (PLC[0], Ask(OPCUA, q.OPCUA_ENDPOINTS), Ask(OPCUA, q.OPCUA_SERVER))
    rights = Ask(OPCUA, q.OPCUA_RIGHTS)
    needed = CANARY + sum(a.question.packets for a in (*asks[1:], rights))
    # The rotation stands behind the login, so that the rights are the first to pay.
    at = Position(spoken=place(asks[2]))

    assert rights in chosen((*asks, rights), left=Left(needed), position=at).chosen
    short = chosen((*asks, rights), left=Left(needed - 1), position=at)
    assert rights not in short.chosen
    assert asks[2] in short.chosen


def test_a_chain_that_is_barred_anywhere_is_out_for_good():
    barred = replace(Ask(OPCUA, q.OPCUA_ENDPOINTS), forbidden="not on this class")
    rights = Ask(OPCUA, q.OPCUA_RIGHTS)
    out = chosen((PLC[0], barred, Ask(OPCUA, q.OPCUA_SERVER), rights)).left_out

    assert {o.ask.question.id: o.why for o in out} == {
        "opcua-endpoints": "not on this class",
        "opcua-server": "opcua-endpoints has to come first and is not permitted",
        "opcua-rights": "opcua-endpoints has to come first and is not permitted",
    }
