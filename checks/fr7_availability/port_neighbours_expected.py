"""Is behind each port of a switch what the plan says?"""

from __future__ import annotations

from checks.check import HIGH, PART, SERVICE, SOC, check
from checks.facts.expected import Expected, ExpectedPort
from checks.facts.switches import Interface, Neighbour, SnmpInterfaces, SnmpNeighbours
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

_ON_PORTS = ("bridge", "lldp")


@check(
    title="Links, LLDP neighbours and learned addresses per port equal the port plan",
    about=SERVICE,
    requirements={"SR 7.8": PART, "SR 5.1": PART, "SR 6.2": PART},
    program=("ORG 2.2", "NET 1.7"),
    severity=HIGH,
    audience=SOC,
    enables=("T0864",),
    remedy="Follow the cable; remove what is not meant to be there, or change the plan.",
    by_hand="Compare the switch's address table and LLDP neighbours with the port plan.",
)
def judge(table: SnmpInterfaces, seen: SnmpNeighbours, expected: Expected) -> Verdict:
    """
    Passes when nobody is seen on a port who is not planned there and no port has a link that is
    outside the plan or spare in it; fails when somebody is or one has; does not apply to a switch
    without a port plan.

    The plan is what the risk assessment looked at; a cable beside it was never assessed, and who
    only listens on it is in no table.
    """
    plan = {p.name.casefold(): p for p in expected.asset.ports} if expected.asset else {}
    if not plan:
        return not_applicable("Nobody has written a port plan for this device.")
    strange = [n for n in seen.neighbours if n.source in _ON_PORTS and not _planned(n, plan, table)]
    linked = [(i.name, why) for i in table.interfaces if (why := _surplus(i, plan))]
    if strange or linked:
        said = [f"{n.name or n.mac or n.address} is on port {n.port}" for n in strange[:10]]
        said += [f"port {name} has a link and {why}" for name, why in linked[:10]]
        return failed(
            Reason.DIFFERS,
            f"{'; '.join(said)}.",
            where=tuple(dict.fromkeys((*(n.port for n in strange), *(name for name, _ in linked)))),
        )
    if "bridge" not in seen.tables or seen.truncated or table.truncated:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The switch does not show its whole address table."
        )
    return passed(f"On {len(plan)} planned ports nobody is seen who is not planned there.")


def _surplus(port: Interface, plan: dict[str, ExpectedPort]) -> str:
    """Why it should have no link; empty when it has none, or one that is planned."""
    if not port.ethernet or port.oper != "up":
        return ""
    names = (port.name.casefold(), port.alias.casefold())
    planned = [plan[name] for name in names if name in plan]
    if not planned:
        return "no place in the plan"
    return "is spare in the plan" if all(p.spare for p in planned) else ""


def _planned(neighbour: Neighbour, plan: dict[str, ExpectedPort], table: SnmpInterfaces) -> bool:
    """Whether it may be there: by any of its names, when the port is one of the plan's."""
    port = plan.get(neighbour.port.casefold()) or _by_alias(neighbour.port, plan, table)
    if port is None:
        return False
    if port.uplink:
        return True
    names = {name.casefold() for name in port.names}
    return (
        neighbour.mac in port.macs
        or (neighbour.address != "" and neighbour.address in port.addresses)
        or (neighbour.mac == "" and neighbour.name.casefold() in names)
    )


def _by_alias(
    name: str, plan: dict[str, ExpectedPort], table: SnmpInterfaces
) -> ExpectedPort | None:
    aliases = (i.alias.casefold() for i in table.interfaces if i.name == name and i.alias)
    return next((plan[alias] for alias in aliases if alias in plan), None)
