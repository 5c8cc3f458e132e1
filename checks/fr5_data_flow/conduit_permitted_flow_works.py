"""Does what the conduit lists get through?"""

from __future__ import annotations

from checks.check import CONDUIT, ENGINEERING, HINT, LOW, check
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from checks.paths import place, unknown


@check(
    title="Listed flows to declared services work",
    about=CONDUIT,
    requirements={"SR 5.2": HINT},
    program=("NET 1.2", "AVAIL 1.1"),
    severity=LOW,
    audience=ENGINEERING,
    remedy="Mend the firewall's rule, or delete the flow nobody needs from the conduit.",
    by_hand="From a host the flow is listed for, connect to the declared service.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected) -> Verdict:
    """
    Passes when every declared service that a listed flow lets our vantages reach was open; fails
    when one was silent while its asset answered elsewhere; does not apply to conduits that list no
    TCP flow.

    A refusal is no blocked flow: it may be the device's.  That a flow works shows nothing of what
    is denied, so it is a hint only.
    """
    conduit = expected.conduit
    if conduit is None or not any(flow.transport == "tcp" for flow in conduit.allow):
        return not_applicable("The conduit lists no TCP flow.")
    if not ports:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    tried = [s for s in ports if s.conduit == conduit.id and s.permitted and s.service]
    if not tried:
        return inconclusive(
            Reason.NOT_PERMITTED,
            f"No flow of conduit {conduit.id} leads from a vantage of ours to a declared service.",
        )
    blocked = [s for s in tried if s.alive and _answer(s) is PortAnswer.FILTERED]
    if blocked:
        return failed(
            Reason.MISSING,
            f"{len(blocked)} of {len(tried)} attempts conduit {conduit.id} permits were not let "
            "through.",
            rests_on=RestsOn.SILENCE,
            where=tuple(place(s) for s in blocked),
        )
    for seen in tried:
        if _answer(seen) is PortAnswer.REFUSED:
            said = f"{place(seen)} was refused: the service may be off, or the firewall says so."
            return inconclusive(Reason.REFUSED, said, where=(place(seen),))
        if _answer(seen) is not PortAnswer.OPEN:
            return unknown(seen)
    return passed(f"All {len(tried)} attempts conduit {conduit.id} permits got through.")


def _answer(seen: Seen[TcpPort]) -> PortAnswer | None:
    return seen.facts.answer if seen.facts else None
