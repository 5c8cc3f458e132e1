"""Does anything answer somebody who stands in a zone nobody trusts?"""

from __future__ import annotations

from checks.check import CONDUIT, CRITICAL, PART, SOC, check
from checks.facts.context import Moment
from checks.facts.expected import Expected, ExpectedConduit
from checks.facts.observation import Seen
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable
from checks.paths import judge_denial, place, port_of


@check(
    title="Nothing answers an untrusted zone but the hosts listed for it",
    about=CONDUIT,
    requirements={"SR 1.13": PART, "SR 5.2": PART, "SR 5.1": PART, "SR 5.2 RE 1": PART},
    program=("NET 1.1", "NET 3.2"),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0822", "T0886"),
    remedy="Close the path; let what must come in end at one jump host, and list it as `to:`.",
    by_hand="From a host in the untrusted zone try the declared ports of the assets beyond: "
    "nothing but the jump host may open.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected, moment: Moment) -> Verdict:
    """
    Passes when a plain vantage in an untrusted zone was denied every port no flow lists and each
    asset tried gave a sign of life within a day; fails when one opened, or when one opened that
    is listed for no host in particular; does not apply to conduits from zones the site trusts.

    A flow for a whole zone is no jump host: it makes everybody outside everybody's neighbour.
    """
    conduit = expected.conduit
    if conduit is None or not conduit.from_untrusted:
        return not_applicable("The conduit does not begin in a zone marked untrusted.")
    if not ports:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    across = [s for s in ports if s.conduit == conduit.id]
    if not across:
        return not_applicable(f"None of our attempts crosses conduit {conduit.id}.")
    opened = [
        s
        for s in across
        if s.permitted
        and s.facts is not None
        and s.facts.answer is PortAnswer.OPEN
        and not _listed_for_it(s, conduit)
    ]
    if opened:
        return failed(
            Reason.REACHABLE,
            f"{len(opened)} of {len(across)} attempts from an untrusted zone reached an open port "
            f"by flows of conduit {conduit.id} that name no host.",
            where=tuple(place(s) for s in opened),
        )
    crossings = tuple(s for s in across if not s.permitted)
    if not crossings:
        return inconclusive(
            Reason.NOT_ASKED, f"Nothing was tried that conduit {conduit.id} does not permit."
        )
    return judge_denial(crossings, ports, conduit, moment.at)


def _listed_for_it(seen: Seen[TcpPort], conduit: ExpectedConduit) -> bool:
    return any(
        flow.transport == "tcp" and flow.port == port_of(seen) and flow.target == seen.asset
        for flow in conduit.allow
    )
