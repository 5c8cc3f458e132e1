"""Can Modbus be reached from where it must not be?"""

from __future__ import annotations

from checks.check import CONDUIT, CRITICAL, HINT, PART, check
from checks.facts.context import Moment
from checks.facts.expected import Expected, ExpectedConduit
from checks.facts.observation import Seen
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason, Verdict, inconclusive, not_applicable
from checks.paths import judge_denial, port_of

_MODBUS_PORTS = (502, 802)


@check(
    title="Modbus port is reachable only from permitted vantage points",
    about=CONDUIT,
    requirements={"SR 5.2": PART, "SR 5.2 RE 1": PART, "SR 5.1": PART, "SR 2.1 RE 1": HINT},
    program=("NET 1.1", "NET 1.6"),
    severity=CRITICAL,
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
    conduit = expected.conduit
    if conduit is None:
        return not_applicable("The configuration has no such conduit.")
    if not ports:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    across = [s for s in ports if s.conduit == conduit.id]
    modbus = [s for s in across if _is_modbus(s, conduit)]
    if not modbus and not conduit.modbus_ports:
        return not_applicable(f"No Modbus port is known behind conduit {conduit.id}.")
    crossings = tuple(s for s in modbus if not s.permitted)
    if modbus and not crossings:
        return inconclusive(
            Reason.VANTAGE_IS_PERMITTED,
            f"Conduit {conduit.id} permits Modbus to every vantage we have.",
        )
    if not crossings:
        return inconclusive(Reason.NOT_ASKED, "No Modbus port has been tried yet.")
    return judge_denial(crossings, ports, conduit, moment.at)


def _is_modbus(seen: Seen[TcpPort], conduit: ExpectedConduit) -> bool:
    port = port_of(seen)
    return port in _MODBUS_PORTS or (seen.asset, port) in conduit.modbus_ports
