"""Facts that hold nothing, built for every check there is or will be: none of them is a pass."""

from __future__ import annotations

import types
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, Union, get_origin, get_type_hints

import pytest

from checks import ALL
from checks.facts.ports import TcpPort
from checks.facts.verdict import Outcome
from tests.checks.given import NOW, asset, observed, service, verdict

# Of a connection attempt the answer is all there is, so it cannot be hollow.
JUDGED = [check for check in ALL if check.reads and TcpPort not in check.reads]
WORDS = 8
"""At least as many as any enumeration in the facts has members that could be good news."""


def hollow(hint: Any, pick: int) -> Any:
    """The value that says least: nothing where nothing is allowed, else the pick-th word."""
    if get_origin(hint) in (Union, types.UnionType):
        return None
    if get_origin(hint) is tuple:
        return ()
    if isinstance(hint, type) and issubclass(hint, Enum):
        members = list(hint)
        return members[pick % len(members)]
    return {bool: False, str: "", int: 0, datetime: NOW}[hint]


def made(kind: type, pick: int) -> Any:
    hints = get_type_hints(kind)
    return kind(**{field.name: hollow(hints[field.name], pick) for field in fields(kind)})


def stated(protocol: str) -> dict[str, Any]:
    spoken = service(
        4840, protocol, login="password", variables=("ns=3;s=A",), methods=("ns=3;s=M",), pin="ab"
    )
    subject = asset(
        role="ups" if protocol == "snmp" else "switch",
        vendor="Acme",
        serial="S1",
        firmware_approved=("1.0",),
        snmp_users=("monitor",),
        services=(spoken,),
    )
    return {"asset": subject, "service": spoken}


@pytest.mark.parametrize("protocol", ["opcua", "https", "http", "modbus", "modbus-tls", "snmp"])
@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.id)
def test_facts_that_hold_nothing_are_never_a_pass(check, protocol):
    for pick in range(WORDS):
        for changes in ({}, {"service": "tcp-4840"}, {"conduit": "c", "vantage_kind": "plain"}):
            seen = [observed(made(kind, pick), **changes) for kind in check.reads]

            answer = verdict(check, *seen, **stated(protocol))

            assert answer.outcome is not Outcome.PASS, answer.said


def test_every_facts_type_can_be_hollow():
    for kind in {kind for check in JUDGED for kind in check.reads}:
        assert made(kind, 0) != made(kind, 1) or not any(
            isinstance(hint, type) and issubclass(hint, Enum)
            for hint in get_type_hints(kind).values()
        )
