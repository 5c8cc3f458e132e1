"""opcua-session-limit-set, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.opcua import MessageMode, OpcUaServer
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["opcua-session-limit-set"]


def server(**changes):
    fields = {
        "manufacturer": "Acme", "product": "PLC 7", "product_uri": "", "software_version": "",
        "build_number": "", "build_date": "", "auditing": None, "max_sessions": 10,
        "requested_timeout_ms": 1, "revised_timeout_ms": 1, "identity": "anonymous",
        "mode": MessageMode.NONE, "policy": "None",
    }  # fmt: skip
    return observed(OpcUaServer(**{**fields, **changes}))


def test_holds_when_a_limit_is_named():
    assert told(verdict(CHECK, server())) == ("pass", "as-expected")


@pytest.mark.parametrize("none", [0, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_broken_by_no_limit(none):
    answer = verdict(CHECK, server(max_sessions=none))

    assert told(answer) == ("fail", "not-configured")
    assert answer.said == "The server says that it limits no sessions."


def test_not_applicable_before_the_property_existed():
    old = server(max_sessions=None, unreadable=("max sessions: BadNodeIdUnknown",))

    assert told(verdict(CHECK, old))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (server(max_sessions=None), "denied"),
        (server(max_sessions=None, unreadable=("max sessions: BadUserAccessDenied",)), "denied"),
        (server(max_sessions=-1), "unintelligible"),
        (observed(Reason.TIMEOUT, facts_type="OpcUaServer"), "timeout"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given, asset=asset())) == ("inconclusive", reason)
