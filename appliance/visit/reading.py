"""What an answer, or the lack of one, says to the visit it came in: pure."""

from __future__ import annotations

from appliance.visit import questions as q
from appliance.visit.asks import Ask
from appliance.visit.guard.canary import Seen
from appliance.visit.guard.signs import Happened
from appliance.visit.reach import Look
from checks.facts.http import HttpPages
from checks.facts.observation import Facts, Observation
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.snmp import (
    SnmpAnswer,
    SnmpDefaultCommunities,
    SnmpElsewhere,
    SnmpManagers,
    SnmpRefusals,
)
from checks.facts.verdict import Reason
from collectors.errors import (
    CollectError,
    HungUp,
    LoginFailed,
    Refused,
    TimedOut,
    TurnedAway,
    Unintelligible,
)

BUSY_STATUS = 503
# A closed or silent port already said what a second connection would only repeat.
SHUT = {
    PortAnswer.REFUSED: Reason.REFUSED,
    PortAnswer.FILTERED: Reason.FILTERED,
    PortAnswer.UNREACHABLE: Reason.UNREACHABLE,
}


def answered(facts: Facts | None, error: CollectError | None, look: Look) -> bool:
    """
    Whether the device itself gave a sign of life.

    A refused port may be the firewall's doing when a conduit lies between, so it only counts
    inside the zone.
    """
    if isinstance(facts, TcpPort):
        if facts.answer is PortAnswer.OPEN:
            return True
        return facts.answer is PortAnswer.REFUSED and look.conduit is None
    if isinstance(facts, SnmpRefusals | SnmpDefaultCommunities):
        # Silence to every question is written down too, but it is no sign of life.
        heard = any(trial.answer is not SnmpAnswer.SILENT for trial in facts.trials)
        return heard or bool(facts.control)
    if isinstance(facts, SnmpManagers):
        return facts.answer is not SnmpElsewhere.SILENT or bool(facts.control)
    if isinstance(error, Refused):
        return look.conduit is None
    if isinstance(error, TurnedAway):
        return True
    return facts is not None or (
        isinstance(error, TimedOut | HungUp | Unintelligible) and (look.port.transport == "tcp")
    )


def silence(canary: Observation) -> Reason:
    """Why the canary said nothing."""
    if isinstance(canary.facts, TcpPort):
        return SHUT.get(canary.facts.answer, Reason.TIMEOUT)
    return canary.reason or Reason.TIMEOUT


def meant_to_answer(ask: Ask) -> bool:
    """Whether silence is trouble: not to an address that should get no answer."""
    return ask.look.permitted and ask.look.service is not None and not ask.question.beside


def happened(
    ask: Ask, facts: Facts | None, error: CollectError | None, closed_after: float | None
) -> Happened:
    service = ask.look.service
    busy = isinstance(facts, HttpPages) and any(p.status == BUSY_STATUS for p in facts.pages)
    return Happened(
        expected=meant_to_answer(ask),
        protocol=service.protocol if service and ask.question != q.TCP_PORT else "tcp",
        facts=facts,
        error=error,
        login=isinstance(error, LoginFailed),
        closed_after=error.after if isinstance(error, HungUp) else closed_after,
        http_status=BUSY_STATUS if busy else None,
    )


def looked(port: str, facts: Facts) -> Seen:
    if isinstance(facts, TcpPort) and facts.answer is PortAnswer.OPEN:
        return Seen(port, facts.latency_us)
    said = facts.answer.value if isinstance(facts, TcpPort) else "no connection"
    return Seen(port, None, f"port {port} was {said}.")
