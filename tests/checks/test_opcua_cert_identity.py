"""opcua-cert-identity, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.certificates import Certificate
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["opcua-cert-identity"]
GOOD = Certificate("aa", "CN=plc-1", uris=("urn:plc-1:server",), ips=("10.0.0.1",))
PLC = asset(name="Filter-1")


def listed(*certificates, uri="urn:plc-1:server", mode="SignAndEncrypt", names="aa"):
    row = Endpoint("opc.tcp://plc-1", MessageMode(mode), "x", (), 0, "opc.tcp", names)
    return observed(OpcUaEndpoints((row,), certificates, uri, "", "Server"))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ips": (), "dns": ("plc-1",)},
        {"ips": (), "dns": ("FILTER-1.plant.example",)},
        {"uris": ("urn:other", "urn:plc-1:server")},
    ],
)
def test_holds_when_it_names_application_and_host(changes):
    answer = verdict(CHECK, listed(replace(GOOD, **changes)), asset=PLC)

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == "The certificate names the server's ApplicationUri and this asset."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"uris": ()},
            "The certificate has the URI none, and the server states urn:plc-1:server.",
        ),
        (
            {"uris": ("urn:PLC-1:server",)},
            "The certificate has the URI urn:PLC-1:server, and the server states urn:plc-1:server.",
        ),
        (
            {"ips": ("10.0.0.2",), "dns": ("plc-10",)},
            "The certificate names 10.0.0.2, plc-10, and neither an address nor a name of the asset.",
        ),
        (
            {"ips": ()},
            "The certificate names no host, and neither an address nor a name of the asset.",
        ),
    ],
)
def test_broken_by_a_name_that_does_not_fit(changes, said):
    answer = verdict(CHECK, listed(replace(GOOD, **changes)), asset=PLC)

    assert told(answer) == ("fail", "differs")
    assert answer.said == said


def test_broken_by_the_second_of_two():
    other = replace(GOOD, sha256="bb", subject="CN=else", ips=("10.9.9.9",))

    assert verdict(CHECK, listed(GOOD, other), asset=PLC).where == ("CN=else",)


def test_could_not_see_names_that_are_unreadable():
    broken = replace(GOOD, uris=(), ips=(), problem="alternative names: cut short")

    assert told(verdict(CHECK, listed(broken))) == ("inconclusive", "unintelligible")


def test_could_not_see_without_an_application_uri():
    assert told(verdict(CHECK, listed(GOOD, uri=""))) == ("inconclusive", "not-comparable")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")


def test_not_applicable_where_nothing_is_secured():
    assert told(verdict(CHECK, listed(mode="None", names="")))[0] == "not-applicable"
