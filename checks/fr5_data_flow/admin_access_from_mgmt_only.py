"""Can hosts be administered from where nobody administers them?"""

from __future__ import annotations

from checks.check import CONDUIT, HIGH, HINT, PART, SOC, check
from checks.facts.context import Moment
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.ports import TcpPort
from checks.facts.verdict import Verdict
from checks.reaching import judge_reach

_PORTS = frozenset({22, 443, 3389, 5985, 5986, 8443})


@check(
    title="SSH, remote desktops and web administration answer only to who the conduit permits",
    about=CONDUIT,
    requirements={"SR 5.2": PART, "SR 1.13": PART, "SR 2.1": HINT},
    program=("NET 1.6", "NET 3.1"),
    severity=HIGH,
    audience=SOC,
    enables=("T0886",),
    remedy="Let the firewall pass administration from the management zone or one jump host only.",
    by_hand="From a host in the source zone without a permit, try to connect to tcp/22, tcp/443 "
    "and tcp/3389.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected, moment: Moment) -> Verdict:
    """
    Passes when every administration port the conduit does not permit was denied to a plain vantage
    and the asset gave a sign of life within a day; fails when any vantage reached one; does not
    apply where no such port is known behind the conduit.

    A login page in reach is a password that can be guessed.
    """
    return judge_reach(
        "administration",
        ports,
        expected.conduit,
        moment.at,
        numbers=_PORTS,
        known=expected.conduit.admin_ports if expected.conduit else (),
    )
