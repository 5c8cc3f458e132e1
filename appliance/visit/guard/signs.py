"""What an answer, or the lack of one, says about how a device bears being asked: a table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.facts.observation import Facts
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.snmp import (
    SnmpAnswer,
    SnmpDefaultCommunities,
    SnmpElsewhere,
    SnmpManagers,
    SnmpRefusals,
)
from collectors.errors import (
    Busy,
    CollectError,
    Denied,
    Filtered,
    HungUp,
    NoWayOut,
    Refused,
    TimedOut,
    Unreachable,
)
from collectors.ports import NO_WAY

# Shorter than any exchange a person or a protocol would end by itself.
SLAMMED = 0.2


class Weight(StrEnum):
    """From a port that opened to trouble at once; `NOTHING` says nothing about the device."""

    OPENED = "opened"
    SIGN_OF_LIFE = "sign-of-life"
    NOTHING = "nothing"
    FAILURE = "failure"
    AT_ONCE = "at-once"


@dataclass(frozen=True)
class Sign:
    weight: Weight
    why: str


@dataclass(frozen=True)
class Happened:
    """
    What one question came to, facts or an error, and what only the asker knows.

    `expected`: a service is declared there and we are permitted to it, so silence is a failure.
    `protocol` is what was to be spoken.  `login`: a secret was sent.  `closed_after`: seconds from
    the connection's opening to the device closing it before it had answered.  `http_status` is
    that of an HTTP answer.
    """

    expected: bool
    protocol: str = "tcp"
    facts: Facts | None = None
    error: CollectError | None = None
    login: bool = False
    closed_after: float | None = None
    http_status: int | None = None


def sign_of(happened: Happened) -> Sign:
    """
    How it weighs.

    A port that must not open may be as silent as it likes.  Refused, whatever the port, is an
    answer.  Nonsense, a "no", and what never left our machine neither count nor clear.
    """
    why = str(happened.error) if happened.error is not None else ""
    if at_once := _at_once(happened):
        return Sign(Weight.AT_ONCE, f"{at_once}. {why}".strip())
    if isinstance(happened.facts, TcpPort):
        return _port(happened.facts, expected=happened.expected)
    if isinstance(happened.facts, SnmpRefusals | SnmpDefaultCommunities):
        silent = all(t.answer is SnmpAnswer.SILENT for t in happened.facts.trials)
        if silent and not happened.facts.control:
            return Sign(Weight.NOTHING, "it was silent to every SNMP question.")
    if isinstance(happened.facts, SnmpManagers) and not happened.facts.control:
        # Silence to a stranger is what is hoped for.
        if happened.facts.answer is SnmpElsewhere.SILENT:
            return Sign(Weight.NOTHING, "it was silent to an address that is no manager's.")
        if happened.facts.answer is SnmpElsewhere.CLOSED:
            return Sign(Weight.SIGN_OF_LIFE, "its SNMP port was refused.")
    if happened.error is None:
        return Sign(Weight.OPENED, f"it answered in {happened.protocol}.")
    return Sign(_error(happened.error, expected=happened.expected), why)


def _at_once(happened: Happened) -> str | None:
    error = happened.error
    if isinstance(error, Busy):
        return "it has no room for us"
    if happened.closed_after is not None and happened.closed_after < SLAMMED:
        return f"it accepted and closed within {SLAMMED * 1000:g} ms"
    if isinstance(error, HungUp) and happened.protocol == "ssh":
        return "it closed an SSH connection before it had answered"
    if happened.http_status == 503:
        return "it answered 503, service unavailable"
    if happened.login and isinstance(error, Denied):
        return "a login failed"
    return None


def _port(port: TcpPort, *, expected: bool) -> Sign:
    match port.answer:
        case PortAnswer.OPEN:
            return Sign(Weight.OPENED, f"port {port.port} opened.")
        case PortAnswer.REFUSED:
            return Sign(Weight.SIGN_OF_LIFE, f"port {port.port} was refused.")
        case _:
            weight = Weight.FAILURE if expected else Weight.NOTHING
            return Sign(weight, f"port {port.port} was {port.answer}.")


def _error(error: CollectError, *, expected: bool) -> Weight:
    match error:
        case Refused():
            return Weight.SIGN_OF_LIFE
        case TimedOut() | HungUp() | Filtered():
            return Weight.FAILURE if expected else Weight.NOTHING
        case Unreachable():
            # Our own machine's trouble (no such source address) says nothing about the device.
            cause = error.__cause__
            told = isinstance(cause, OSError) and cause.errno in NO_WAY
            told = told and not isinstance(error, NoWayOut)
            return Weight.FAILURE if expected and told else Weight.NOTHING
        case _:
            # A `Denied` may be our own missing credential, said before anything was sent.
            return Weight.NOTHING
