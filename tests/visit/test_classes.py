from __future__ import annotations

from dataclasses import astuple, fields, replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from appliance.site.assets import Link
from appliance.visit.classes import CLASSES, LABORATORY, ProbingClass, class_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

# What the safety page promises: fragile, standard, robust.
PROMISED = {
    "connections": (1, 1, 1),
    "pause": (10, 2, 0.5),
    "connections_a_minute": (4, 20, 60),
    "packets_a_second": (2, 10, 20),
    "burst": (10, 20, 40),
    "packets_a_sweep": (60, 200, 400),
    "packets_a_day": (600, 6_000, 20_000),
    "liveness": (15 * MINUTE, 5 * MINUTE, MINUTE),
    "every": (24 * HOUR, HOUR, HOUR),
    "floor": (12 * HOUR, 30 * MINUTE, 15 * MINUTE),
    "handshake": (24 * HOUR, HOUR, 15 * MINUTE),
    "login": (None, 24 * HOUR, HOUR),
    "tls_a_sweep": (1, 3, 4),
    "tls_apart": (30, 30, 30),
    "connect": (3, 3, 2),
    "whole": (30, 15, 10),
    "breaker_after": (1, 2, 3),
    "breaker_open": (900, 900, 900),
    "octets_a_day": (None, None, None),
}


def test_every_number_of_every_class_is_the_promised_one():
    assert {f.name for f in fields(ProbingClass)} == set(PROMISED)
    for name, numbers in PROMISED.items():
        assert tuple(getattr(CLASSES[c], name) for c in CLASSES) == numbers, name


@pytest.mark.parametrize(("kind", "times"), [("lan", 1), ("radio", 2), ("cellular", 3)])
@pytest.mark.parametrize("probing", CLASSES)
def test_a_slow_link_lengthens_deadlines_and_loosens_nothing_else(
    probing: str, kind: str, times: int
):
    plain = CLASSES[probing]
    slow = class_of(probing, laboratory=False, link=Link(kind=kind))

    assert (slow.connect, slow.whole) == (plain.connect * times, plain.whole * times)
    same = replace(slow, connect=plain.connect, whole=plain.whole, octets_a_day=None)
    assert astuple(same) == astuple(plain)


def test_metered_links_have_a_ceiling_of_bytes_and_the_owner_may_state_his_own():
    assert Link().octets is None
    assert Link(kind="radio").octets == 16 * 1024**2
    assert Link(kind="cellular").octets == 4 * 1024**2
    assert Link(kind="cellular", octets_a_day=1_000_000).octets == 1_000_000
    assert Link(octets_a_day=1_000_000).octets == 1_000_000
    with pytest.raises(ValidationError):
        Link(kind="cellular", octets_a_day=100)


@pytest.mark.parametrize("probing", CLASSES)
def test_a_laboratory_lifts_rates_but_never_the_one_connection_or_the_breaker(probing: str):
    numbers = class_of(probing, laboratory=True)

    assert numbers.connections == 1
    assert numbers.breaker_after == CLASSES[probing].breaker_after
    assert numbers.breaker_open == 30
    assert numbers.pause == 0
    assert numbers.packets_a_sweep == LABORATORY.packets_a_sweep


@pytest.mark.parametrize("laboratory", [True, False])
def test_what_is_never_touched_has_no_numbers(laboratory: bool):
    with pytest.raises(KeyError):
        class_of("never", laboratory=laboratory)
