"""What a check answers: an outcome, why, and one sentence somebody can quote."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not-applicable"


class RestsOn(StrEnum):
    """Whether somebody said so, or nobody said anything: silence has to be heard twice."""

    ANSWER = "answer"
    SILENCE = "silence"


class Reason(StrEnum):
    """Stable tokens: alerts link a runbook section to each, so there are few and they stay."""

    AS_EXPECTED = "as-expected"
    NOT_APPLICABLE = "not-applicable"

    # Why a control fails.
    ANONYMOUS_ACCEPTED = "anonymous-accepted"
    UNPROTECTED = "unprotected"
    WEAK_CRYPTOGRAPHY = "weak-cryptography"
    CERTIFICATE_DATES = "certificate-dates"
    WRITABLE = "writable"
    NOT_CONFIGURED = "not-configured"
    DIFFERS = "differs"
    NOT_APPROVED = "not-approved"
    UNEXPECTED_OPEN = "unexpected-open"
    MISSING = "missing"
    REACHABLE = "reachable"
    DEFAULT_CREDENTIAL = "default-credential"

    # Why nobody can say.
    TIMEOUT = "timeout"
    REFUSED = "refused"
    FILTERED = "filtered"
    UNREACHABLE = "unreachable"
    HUNG_UP = "hung-up"
    UNINTELLIGIBLE = "unintelligible"
    DENIED = "denied"
    BUSY = "busy"
    NOT_ASKED = "not-asked"
    NOT_PERMITTED = "not-permitted"
    BUDGET_SPENT = "budget-spent"
    BLIND = "blind"
    GATEWAY_SILENT = "gateway-silent"
    NO_CONTROL = "no-control"
    NOT_COMPARABLE = "not-comparable"
    CLOCK_UNSYNCHRONISED = "clock-unsynchronised"
    VANTAGE_IS_PERMITTED = "vantage-is-permitted"

    # Why a state is unknown although verdicts were given.
    UNCONFIRMED = "unconfirmed"
    STALE = "stale"
    CHECK_BROKEN = "check-broken"


@dataclass(frozen=True)
class Verdict:
    """
    One check's answer about one subject.

    `said` is one sentence with a full stop; `where` names the places (endpoints, ports, nodes)
    it is about.  `rests_on` is None for inconclusive and not-applicable verdicts.
    """

    outcome: Outcome
    reason: Reason
    said: str
    rests_on: RestsOn | None = None
    where: tuple[str, ...] = ()


def passed(
    said: str, *, rests_on: RestsOn = RestsOn.ANSWER, where: tuple[str, ...] = ()
) -> Verdict:
    """Somebody answered as expected, or was silent where silence is what was asked for."""
    return Verdict(Outcome.PASS, Reason.AS_EXPECTED, said, rests_on, where)


def failed(
    reason: Reason,
    said: str,
    *,
    rests_on: RestsOn = RestsOn.ANSWER,
    where: tuple[str, ...] = (),
) -> Verdict:
    """The control does not hold."""
    return Verdict(Outcome.FAIL, reason, said, rests_on, where)


def inconclusive(reason: Reason, said: str, *, where: tuple[str, ...] = ()) -> Verdict:
    """Nobody can say: never a pass, and it never replaces a state."""
    return Verdict(Outcome.INCONCLUSIVE, reason, said, None, where)


def not_applicable(said: str) -> Verdict:
    """The question does not arise for this subject; `said` tells why."""
    return Verdict(Outcome.NOT_APPLICABLE, Reason.NOT_APPLICABLE, said)
