"""opcua-role-permissions-present, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.opcua import RolePermission
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict
from tests.checks.rights import rights

CHECK = BY_ID["opcua-role-permissions-present"]
SERVICE = service(4840, "opcua", variables=("ns=3;s=A", "ns=3;s=B"))


def row(name, role, *permissions):
    return RolePermission(f"ns=3;s={name}", role, permissions)


LOOK_A = row("A", "AuthenticatedUser", "Browse", "Read", "ReadHistory")
SHUT_B = row("B", "Anonymous", "Browse")
WRITE_A = row("A", "Operator", "Browse", "Read", "Write")


def test_holds_when_only_roles_somebody_was_given_may_change():
    answer = verdict(CHECK, rights(permissions=(LOOK_A, WRITE_A, SHUT_B)), service=SERVICE)

    assert told(answer) == ("pass", "as-expected")


@pytest.mark.parametrize("role", ["Anonymous", "AuthenticatedUser"])
@pytest.mark.parametrize("may", ["Write", "Call", "AddNode", "bit 20"])
def test_broken_by_what_everybody_may(role, may):
    answer = verdict(CHECK, rights(permissions=(row("A", role, "Read", may),)), service=SERVICE)

    assert told(answer) == ("fail", "writable")
    assert answer.said == f"{role} has Read, {may} on ns=3;s=A."
    assert answer.where == ("ns=3;s=A",)


def test_not_applicable_to_servers_without_roles():
    answer = verdict(CHECK, rights(roles=(), permissions=()), service=SERVICE)

    assert told(answer)[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (rights(permissions=None), "denied"),
        (rights(roles=None, permissions=(LOOK_A, SHUT_B)), "denied"),
        (rights(roles=(), permissions=(LOOK_A, SHUT_B)), "denied"),
        (rights(roles=(), permissions=None), "denied"),
        (rights(roles=None), "denied"),
        (rights(permissions=(LOOK_A,)), "not-comparable"),
        (rights(), "not-comparable"),
        (observed(Reason.DENIED, facts_type="OpcUaRights"), "denied"),
    ],
)
def test_could_not_see_all_of_them(given, reason):
    assert told(verdict(CHECK, given, service=SERVICE)) == ("inconclusive", reason)


def test_could_not_see_what_nobody_declared():
    assert told(verdict(CHECK, rights(), service=service(4840, "opcua"))) == (
        "inconclusive",
        "not-comparable",
    )
