"""Can Modbus be reached from where it must not be?"""

from __future__ import annotations

from checks.check import CONDUIT, CRITICAL, HINT, PART, SOC, check
from checks.facts.context import Moment
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.ports import TcpPort
from checks.facts.verdict import Verdict
from checks.reaching import judge_reach


@check(
    title="Modbus port is reachable only from permitted vantage points",
    about=CONDUIT,
    requirements={"SR 5.2": PART, "SR 5.2 RE 1": PART, "SR 5.1": PART, "SR 2.1 RE 1": HINT},
    program=("NET 1.1", "NET 1.6"),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0801", "T1692.001"),
    remedy="Close the firewall path, and look for hosts with a leg in both zones.",
    by_hand="From a host in the source zone without a permit, try to connect to the Modbus port.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected, moment: Moment) -> Verdict:
    """
    Passes when every Modbus port the conduit does not permit was denied to a plain vantage and
    the asset gave a sign of life within a day; fails when any vantage reached one; does not apply
    where no Modbus is known behind the conduit.

    Modbus has no login: whoever reaches the port may write, so the conduit is the control.
    """
    return judge_reach(
        "Modbus",
        ports,
        expected.conduit,
        moment.at,
        numbers=(502, 802),
        known=expected.conduit.modbus_ports if expected.conduit else (),
    )
