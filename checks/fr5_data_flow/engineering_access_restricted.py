"""Can controllers be programmed from where no engineering station stands?"""

from __future__ import annotations

from checks.check import CONDUIT, CRITICAL, PART, SOC, check
from checks.facts.context import Moment
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.ports import TcpPort
from checks.facts.verdict import Verdict
from checks.reaching import judge_reach

# S7, EtherNet/IP (also 2222), CODESYS 2 and 3 (1217, 2455, 11740), PCWorx, FINS, MELSEC, SRTP, ProConOS.
_PORTS = frozenset({102, 44818, 2222, 1217, 2455, 11740, 1962, 9600, 5007, 18245, 20547})


@check(
    title="Programming protocols answer only to who the conduit permits",
    about=CONDUIT,
    requirements={"SR 5.2": PART, "SR 2.1": PART, "SR 5.2 RE 1": PART},
    program=("NET 1.6", "USER 2.1"),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0843", "T0845", "T0858"),
    remedy="Let the firewall pass programming protocols from the engineering stations only, and "
    "turn the controllers' key switches to run.",
    by_hand="From a host in the source zone that is no engineering station, try to connect to the "
    "controller's programming port, such as tcp/102.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected, moment: Moment) -> Verdict:
    """
    Passes when every programming port the conduit does not permit was denied to a plain vantage
    and the asset gave a sign of life within a day; fails when any vantage reached one; does not
    apply where no such port is known behind the conduit.

    Few of these protocols know who is asking: whoever reaches the port may change the program.
    """
    return judge_reach(
        "programming",
        ports,
        expected.conduit,
        moment.at,
        numbers=_PORTS,
        known=expected.conduit.programming_ports if expected.conduit else (),
    )
