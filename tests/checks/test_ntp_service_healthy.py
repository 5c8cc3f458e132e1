"""ntp-service-healthy, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.ntp import NtpServer
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["ntp-service-healthy"]
GOOD = NtpServer(4, 0, 2, "10.0.0.9", root_delay_ms=10, root_dispersion_ms=30)


def server(**changes):
    return observed(replace(GOOD, **changes))


def test_holds_when_synchronised_and_close_enough():
    answer = verdict(CHECK, server())

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == "Stratum 2, synchronised to 10.0.0.9, wrong by 35 ms at most."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"leap": 3}, "not-configured"),
        ({"stratum": 16}, "not-configured"),
        ({"stratum": 0, "reference": "", "leap": 3}, "not-configured"),
        ({"stratum": 0, "reference": "INIT", "leap": 3}, "not-configured"),
        ({"stratum": 0, "reference": "", "leap": 0}, "not-configured"),
        ({"root_dispersion_ms": 10_001}, "differs"),
        # chrony's `local stratum 10`, ntpd's 127.127.1.0, Windows without a source.
        ({"stratum": 10, "reference": "127.127.1.1", "root_dispersion_ms": 0}, "not-configured"),
        ({"stratum": 6, "reference": "127.127.1.0"}, "not-configured"),
        ({"stratum": 1, "reference": "LOCL"}, "not-configured"),
        ({"stratum": 1, "reference": "LCL"}, "not-configured"),
    ],
)
def test_broken_by_its_own_word(changes, reason):
    assert told(verdict(CHECK, server(**changes))) == ("fail", reason)


@pytest.mark.parametrize("reference", ["127.127.20.0", "10.127.127.1", "GPS", "PPS", "DCFa"])
def test_holds_by_a_source_of_another_kind(reference):
    stratum = 1 if reference.isalpha() else 2
    assert told(verdict(CHECK, server(stratum=stratum, reference=reference)))[0] == "pass"


def test_broken_says_by_how_much():
    answer = verdict(CHECK, server(root_dispersion_ms=20_000))

    assert answer.said == "The server may be wrong by 20005 ms, more than the 10000 ms allowed."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (server(stratum=0, reference="RATE"), "busy"),
        (server(stratum=0, reference="DENY", leap=3), "busy"),
        (server(root_dispersion_ms=None), "unintelligible"),
        (observed(Reason.TIMEOUT, facts_type="NtpServer"), "timeout"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, server(), asset=asset(probing="never")))[0] == "not-applicable"
