"""Literal inputs for checks, as short as a test can read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from checks.check import Check
from checks.deciding import Inputs, decide
from checks.facts.context import Moment, Own
from checks.facts.expected import Expected, ExpectedAsset, ExpectedService, Limits
from checks.facts.observation import ClockQuality, Facts, Observation
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import Reason, Verdict

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SYNCHRONISED = ClockQuality(synchronised=True, max_error_ms=5)
ADRIFT = ClockQuality(synchronised=False)
ASSET = ExpectedAsset(
    id="plc-1", zone="control", role="plc", probing="standard", addresses=("10.0.0.1",)
)
LIMITS = Limits()


def observed(what: Facts | Reason, **changes) -> Observation:
    """Facts, or a gap with its reason; a gap of other facts names them with `facts_type`."""
    gap = isinstance(what, Reason)
    fields = {
        "asset": "plc-1",
        "service": None,
        "vantage": "dmz",
        "vantage_kind": "monitor",
        "conduit": None,
        "permitted": True,
        "collector": "any",
        "question": "any",
        "facts_type": "" if gap else type(what).__name__,
        "visit": "v1",
        "started": NOW,
        "finished": NOW,
        "clock": SYNCHRONISED,
        "alive": True,
        "last_alive": NOW,
        "blind": False,
        "facts": None if gap else what,
        "reason": what if gap else None,
        "said": "Nobody answered." if gap else "",
    }
    return Observation(**{**fields, **changes})


def port(number: int, answer: str, **changes) -> Observation:
    return observed(TcpPort(port=number, answer=PortAnswer(answer)), **changes)


def service(number: int, protocol: str, transport: str = "tcp", **changes) -> ExpectedService:
    return ExpectedService(
        id=f"{transport}-{number}",
        transport=transport,
        port=number,
        protocol=protocol,
        **changes,
    )


def asset(**changes) -> ExpectedAsset:
    return replace(ASSET, **changes)


def verdict(
    check: Check,
    *observations: Observation,
    clock: ClockQuality = SYNCHRONISED,
    at: datetime = NOW,
    own: Own | None = None,
    limits: Limits = LIMITS,
    **expected,
) -> Verdict:
    expected.setdefault("asset", ASSET)
    return decide(
        check,
        Inputs(
            observations=observations,
            expected=Expected(limits=limits, **expected),
            moment=Moment(at=at, clock=clock),
            own=own or Own(),
        ),
    )


def told(answer: Verdict) -> tuple[str, str]:
    return answer.outcome.value, answer.reason.value
