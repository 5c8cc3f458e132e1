"""
What a connection attempt says: of the device, and of the conduit it had to cross.

The same answer means different things.  A refusal inside a zone is the device's; across a
firewall that resets it may be the firewall's.  Silence inside a zone is the device's as long as
it answered something else; across a conduit it is evidence about the path only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checks.facts.expected import ExpectedAsset, ExpectedConduit
from checks.facts.observation import Seen
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import Reason, RestsOn, Verdict, failed, inconclusive, passed

SIGN_OF_LIFE = timedelta(hours=24)
_OUTSIDE_THE_SAMPLE = (Reason.NOT_ASKED, Reason.BUDGET_SPENT)


class Shown(StrEnum):
    """What an attempt shows of the device."""

    OPEN = "open"
    CLOSED = "closed"
    SILENT = "silent"
    """Closed by silence: nobody was in between, and the device answered something else."""
    NOTHING = "nothing"


def port_of(seen: Seen[TcpPort]) -> int | None:
    """The port asked for; None when only a gap is left that names no service."""
    if seen.facts is not None:
        return seen.facts.port
    transport, _, port = (seen.service or "").partition("-")
    return int(port) if transport == "tcp" and port.isdecimal() else None


def place(seen: Seen[TcpPort]) -> str:
    """Asset, port and vantage as one word group, for `where`."""
    return f"{seen.asset} tcp-{port_of(seen)} from {seen.vantage}"


def shown(seen: Seen[TcpPort], asset: ExpectedAsset, deaf: Collection[str] = frozenset()) -> Shown:
    """What an attempt shows of the device itself; `deaf` are vantages whose silence is their own."""
    match seen.facts.answer if seen.facts else None:
        case PortAnswer.OPEN:
            return Shown.OPEN
        case PortAnswer.REFUSED if seen.conduit not in asset.reset_conduits:
            return Shown.CLOSED
        case PortAnswer.FILTERED if (
            seen.conduit is None and seen.alive and seen.vantage not in deaf
        ):
            return Shown.SILENT
        case _:
            return Shown.NOTHING


def deaf(ports: Iterable[Seen[TcpPort]]) -> frozenset[str]:
    """
    The vantages that heard nothing of the asset, not even from a port that opened to another.

    The asset lives, as the other heard; but what keeps its open port from such a vantage, a wrong
    VLAN or a list of managers, keeps every other port from it too.
    """
    tried = [(s.vantage, s.facts) for s in ports if s.facts is not None]
    opened = {facts.port for _, facts in tried if facts.answer is PortAnswer.OPEN}
    heard = {
        vantage for vantage, facts in tried if facts.answer in (PortAnswer.OPEN, PortAnswer.REFUSED)
    }
    return frozenset(v for v, facts in tried if facts.port in opened and v not in heard)


def unknown(seen: Seen[TcpPort]) -> Verdict:
    """Why an attempt that shows nothing of the device shows nothing."""
    if seen.facts is None:
        assert seen.reason is not None
        return inconclusive(seen.reason, seen.said, where=(place(seen),))
    match seen.facts.answer:
        case PortAnswer.UNREACHABLE:
            reason, why = Reason.UNREACHABLE, "somebody on the way said it cannot be reached"
        case PortAnswer.FILTERED if seen.conduit is None and seen.alive:
            reason, why = Reason.FILTERED, f"{seen.vantage} heard nothing of it, though another did"
        case PortAnswer.FILTERED if seen.conduit is None:
            reason, why = Reason.FILTERED, "the asset answered nothing at all in this visit"
        case _:
            reason, why = Reason.FILTERED, f"conduit {seen.conduit} may have answered for it"
    said = f"Port tcp-{seen.facts.port} of {seen.asset} shows nothing of the device: {why}."
    return inconclusive(reason, said, where=(place(seen),))


def judge_closed(
    must: Iterable[int], ports: tuple[Seen[TcpPort], ...], asset: ExpectedAsset
) -> Verdict:
    """
    Whether each of these ports was seen closed on the device itself.

    Never a failure: what an open one means is the check's to say before.
    """
    silent = False
    closed = []
    mute = deaf(ports)
    for port in must:
        looks = [s for s in ports if port_of(s) == port]
        said = {shown(s, asset, mute) for s in looks}
        if Shown.CLOSED not in said and Shown.SILENT not in said:
            if looks:
                return unknown(looks[-1])
            return inconclusive(Reason.NOT_ASKED, f"Port tcp-{port} was not tried yet.")
        silent = silent or Shown.CLOSED not in said
        closed.append(f"tcp-{port}")
    return passed(
        f"Closed: {', '.join(closed)}.", rests_on=RestsOn.SILENCE if silent else RestsOn.ANSWER
    )


def judge_denial(
    crossings: tuple[Seen[TcpPort], ...],
    everything: Iterable[Seen[TcpPort]],
    conduit: ExpectedConduit,
    at: datetime,
) -> Verdict:
    """
    Whether a conduit denied every attempt it does not permit.

    `crossings` are those attempts; `everything` may hold more signs of life of their assets.
    """
    reached = [s for s in crossings if s.facts and s.facts.answer is PortAnswer.OPEN]
    if reached:
        return failed(
            Reason.REACHABLE,
            f"{len(reached)} of {len(crossings)} attempts that conduit {conduit.id} "
            f"does not permit reached an open port.",
            where=tuple(place(s) for s in reached),
        )
    plain = [s for s in crossings if s.vantage_kind == "plain"]
    if not plain:
        return inconclusive(
            Reason.VANTAGE_IS_PERMITTED,
            f"Conduit {conduit.id} was tried only from vantages it makes exceptions for; "
            "a plain vantage would tell.",
        )
    sample = [s for s in plain if s.reason not in _OUTSIDE_THE_SAMPLE]
    if not sample:
        assert plain[0].reason is not None
        return inconclusive(plain[0].reason, plain[0].said)
    denials = [_denial(s, conduit) for s in sample]
    for denial in denials:
        if denial.problem is not None:
            return denial.problem
    return _all_denied(denials, everything, conduit, at, planned=len(plain))


@dataclass(frozen=True)
class _Denial:
    """One attempt; `rests_on` is None when it tells nothing either way."""

    seen: Seen[TcpPort]
    rests_on: RestsOn | None = None
    problem: Verdict | None = None


def _denial(seen: Seen[TcpPort], conduit: ExpectedConduit) -> _Denial:
    if seen.facts is None:
        return _Denial(seen, problem=unknown(seen))
    match seen.facts.answer:
        case PortAnswer.FILTERED:
            return _Denial(seen, RestsOn.SILENCE)
        case PortAnswer.REFUSED if conduit.denies_by == "reset":
            # A port nobody listens on is refused by the device too: only a declared service,
            # known to listen, tells the firewall's reset from the device's.
            return _Denial(seen, RestsOn.ANSWER if seen.service else None)
        case PortAnswer.REFUSED:
            said = (
                f"{place(seen)} was refused although conduit {conduit.id} drops what it denies: "
                "somebody behind it was reached."
            )
            return _Denial(seen, problem=inconclusive(Reason.REFUSED, said, where=(place(seen),)))
        case _:
            return _Denial(seen, problem=unknown(seen))


def _all_denied(
    denials: list[_Denial],
    everything: Iterable[Seen[TcpPort]],
    conduit: ExpectedConduit,
    at: datetime,
    *,
    planned: int,
) -> Verdict:
    telling = [d for d in denials if d.rests_on is not None]
    tested = {d.seen.asset for d in telling}
    if mute := sorted({d.seen.asset for d in denials} - tested):
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Conduit {conduit.id} denies by reset, and {mute[0]} was tried only on ports where "
            "the device itself may have refused.",
            where=tuple(mute),
        )
    living = {
        s.asset
        for s in everything
        # A sign of life in the future is one from before our own clock was set back.
        if s.last_alive is not None and abs(at - s.last_alive) <= SIGN_OF_LIFE
    }
    if dead := sorted(tested - living):
        return inconclusive(
            Reason.NO_CONTROL,
            f"No sign of life of {dead[0]} within 24 h, so silence behind conduit {conduit.id} "
            "means nothing.",
            where=tuple(dead),
        )
    silent = any(d.rests_on is RestsOn.SILENCE for d in telling)
    return passed(
        f"All {len(telling)} attempts that tell ({planned} planned, {len(tested)} assets) were "
        f"denied by conduit {conduit.id}.",
        rests_on=RestsOn.SILENCE if silent else RestsOn.ANSWER,
    )
