"""Does the conduit block what nobody permitted?"""

from __future__ import annotations

from checks.check import CONDUIT, CRITICAL, PART, SOC, check
from checks.facts.context import Moment
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason, Verdict, inconclusive, not_applicable
from checks.paths import judge_denial


@check(
    title="Traffic not listed in the conduit matrix is blocked",
    about=CONDUIT,
    requirements={"SR 5.2": PART, "SR 5.2 RE 1": PART, "SR 5.1": PART},
    program=("NET 1.1", "NET 1.2", "NET 1.6"),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0886",),
    remedy="Add the missing deny rule, and review the rules around it.",
    by_hand="From a host in the source zone without a permit, try a port the conduit does not "
    "list: nothing may open.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected, moment: Moment) -> Verdict:
    """
    Passes when a plain vantage was denied every unlisted port it tried and each asset tried gave
    a sign of life within a day; fails when any vantage reached an unlisted port; does not apply
    where everything we try stays inside one zone.

    Where the firewall drops, a refusal means that a packet got through to somebody: no pass.
    Where it resets, a refusal counts on declared services only, since a closed port refuses too.
    """
    conduit = expected.conduit
    if conduit is None:
        return not_applicable("The configuration has no such conduit.")
    if not ports:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    across = [s for s in ports if s.conduit == conduit.id]
    if not across:
        return not_applicable(f"None of our attempts crosses conduit {conduit.id}.")
    crossings = tuple(s for s in across if not s.permitted)
    if not crossings:
        return inconclusive(
            Reason.NOT_ASKED, f"Nothing was tried that conduit {conduit.id} does not permit."
        )
    return judge_denial(crossings, ports, conduit, moment.at)
