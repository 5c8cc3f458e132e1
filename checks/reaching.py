"""Whether one kind of service can be reached across a conduit that does not permit it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from checks.facts.expected import ExpectedConduit
from checks.facts.observation import Seen
from checks.facts.ports import TcpPort
from checks.facts.verdict import Outcome, Reason, Verdict, inconclusive, not_applicable
from checks.paths import judge_denial, port_of


def judge_reach(
    what: str,
    ports: tuple[Seen[TcpPort], ...],
    conduit: ExpectedConduit | None,
    at: datetime,
    *,
    numbers: Collection[int],
    known: Collection[tuple[str, int]],
) -> Verdict:
    """
    `what` names the kind in a sentence, such as "Modbus"; `numbers` are its usual ports, `known`
    the (asset, port) pairs the inventory declares behind the conduit.
    """
    if conduit is None:
        return not_applicable("The configuration has no such conduit.")
    if not ports:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    across = [s for s in ports if s.conduit == conduit.id]
    kind = [s for s in across if port_of(s) in numbers or (s.asset, port_of(s)) in known]
    if not kind and not known:
        return not_applicable(f"No {what} port is known behind conduit {conduit.id}.")
    crossings = tuple(s for s in kind if not s.permitted)
    if kind and not crossings:
        return inconclusive(
            Reason.VANTAGE_IS_PERMITTED,
            f"Conduit {conduit.id} permits {what} to every vantage we have.",
        )
    if not crossings:
        return inconclusive(Reason.NOT_ASKED, f"No {what} port has been tried yet.")
    verdict = judge_denial(crossings, ports, conduit, at)
    tried = {(s.asset, port_of(s)) for s in crossings if s.facts is not None}
    untried = sorted(set(known) - tried)
    if verdict.outcome is not Outcome.PASS or not untried:
        return verdict
    # A sample is no failure, but whoever reads "denied" has to see of how much.
    (asset, port), more = untried[0], len(untried) - 1
    others = f" and {more} more" if more else ""
    return replace(
        verdict, said=f"{verdict.said} Not tried: {asset} tcp-{port}{others}, declared behind it."
    )
