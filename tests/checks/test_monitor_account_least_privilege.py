"""monitor-account-least-privilege, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.opcua import RolePermission
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict
from tests.checks.rights import method, rights, server

CHECK = BY_ID["monitor-account-least-privilege"]
SERVICE = service(4840, "opcua", variables=("ns=3;s=A",), methods=("ns=3;s=Reset",))
NO = (method("ns=3;s=Reset", False),)
PUSH = (method("i=13737", False), method("i=12740", False))


def test_holds_when_it_may_look_and_nothing_else():
    own = (RolePermission("ns=3;s=A", "Observer", ("Browse", "Read")),)
    seen = rights(methods=NO, push_methods=PUSH, own_permissions=own)

    assert told(verdict(CHECK, server(A=1), seen, service=SERVICE)) == ("pass", "as-expected")


@pytest.mark.parametrize(
    ("level", "changes", "where"),
    [
        (3, {}, "ns=3;s=A"),
        (0x09, {}, "ns=3;s=A"),
        (0x21, {}, "ns=3;s=A"),
        (1, {"methods": (method("ns=3;s=Reset", True),)}, "ns=3;s=Reset"),
        (None, {"push_methods": (method("i=13737", True),)}, "i=13737"),
        (1, {"own_permissions": (RolePermission("ns=3;s=A", "X", ("Write",)),)}, "ns=3;s=A"),
    ],
)
def test_broken_by_one_right_to_change(level, changes, where):
    answer = verdict(CHECK, server(A=level), rights(**{"methods": NO, **changes}), service=SERVICE)

    assert told(answer) == ("fail", "writable")
    assert answer.said == f"Our own login may change or call {where}."
    assert answer.where == (where,)


def test_broken_by_a_writable_variable_alone():
    answer = verdict(CHECK, server(A=3), service=SERVICE)

    assert told(answer) == ("fail", "writable")


def test_not_applicable_without_an_account():
    assert told(verdict(CHECK, server("anonymous", A=3), service=SERVICE))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((server(A=None), rights(methods=NO)), "denied"),
        ((server(), rights(methods=NO)), "denied"),
        ((server(A=1), rights()), "denied"),
        ((server(A=1), rights(methods=(method("ns=3;s=Reset", None),))), "denied"),
        (
            (server(A=1), rights(methods=NO, push_methods=(method("i=13737", None),))),
            "denied",
        ),
        ((server(A=1),), "not-asked"),
        ((server(A=1), observed(Reason.TIMEOUT, facts_type="OpcUaRights")), "not-asked"),
        ((observed(Reason.TIMEOUT, facts_type="OpcUaServer"), rights(methods=NO)), "timeout"),
    ],
)
def test_could_not_see_all_it_may(given, reason):
    assert told(verdict(CHECK, *given, service=SERVICE)) == ("inconclusive", reason)


def test_could_not_see_without_anything_declared():
    answer = verdict(CHECK, server(), rights(), service=service(4840, "opcua"))

    assert told(answer) == ("inconclusive", "not-comparable")
