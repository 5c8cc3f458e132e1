"""
Ask network gear what it remembers: its ports, whom it has seen, who may do what with it.

On the wire: UDP, the listed columns of IF-MIB, IP-MIB, BRIDGE-MIB, Q-BRIDGE-MIB, LLDP-MIB, VACM,
USM and the community table, by GetBulk of 20 rows where the target permits it, else by GetNext;
at most 4,096 rows a question, one question outstanding, each asked once.  Never: SET, whole
subtrees, community names (only the status of their rows), other credentials.

A table of no rows and one that is hidden from us look the same, so both count as not readable.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from checks.facts.switches import (
    Interface,
    Neighbour,
    SnmpAccess,
    SnmpGroup,
    SnmpInterfaces,
    SnmpMember,
    SnmpNeighbours,
    SnmpUserRow,
)
from collectors import snmp_rows as rows
from collectors.credentials import Community, SnmpUser
from collectors.errors import TimedOut, Unintelligible
from collectors.snmp_client import agent, own_level
from collectors.snmp_values import mac, text
from collectors.snmp_walk import Column, Walker
from collectors.wire import Target, Wire

# The session's own questions: engine discovery, twice when its clock is learned apart.
GREETING = 4
# What an Ethernet frame holds; an agent's answers stay below it.
OCTETS_A_PACKET = 1_500

IF_TABLE = {
    "descr": "1.3.6.1.2.1.2.2.1.2",
    "type": "1.3.6.1.2.1.2.2.1.3",
    "mac": "1.3.6.1.2.1.2.2.1.6",
    "admin": "1.3.6.1.2.1.2.2.1.7",
    "oper": "1.3.6.1.2.1.2.2.1.8",
    "name": "1.3.6.1.2.1.31.1.1.1.1",
    "alias": "1.3.6.1.2.1.31.1.1.1.18",
}
IP_FORWARDING = "1.3.6.1.2.1.4.1.0"
ARP = "1.3.6.1.2.1.4.22.1.2"
BASE_PORT = "1.3.6.1.2.1.17.1.4.1.2"
Q_BRIDGE = {"port": "1.3.6.1.2.1.17.7.1.2.2.1.2", "status": "1.3.6.1.2.1.17.7.1.2.2.1.3"}
BRIDGE = {"port": "1.3.6.1.2.1.17.4.3.1.2", "status": "1.3.6.1.2.1.17.4.3.1.3"}
LLDP = {
    "kind": "1.0.8802.1.1.2.1.4.1.1.4",
    "chassis": "1.0.8802.1.1.2.1.4.1.1.5",
    "name": "1.0.8802.1.1.2.1.4.1.1.9",
}
LLDP_PORT = "1.0.8802.1.1.2.1.3.7.1.3"
LLDP_ADDRESS = "1.0.8802.1.1.2.1.4.2.1.3"
VACM = {"read": "1.3.6.1.6.3.16.1.4.1.5", "write": "1.3.6.1.6.3.16.1.4.1.6"}
VIEW_KINDS = "1.3.6.1.6.3.16.1.5.2.1.4"
MEMBERS = "1.3.6.1.6.3.16.1.2.1.3"
USM = {"auth": "1.3.6.1.6.3.15.1.2.2.1.5", "priv": "1.3.6.1.6.3.15.1.2.2.1.8"}
COMMUNITY_STATUS = "1.3.6.1.6.3.18.1.1.1.8"

# IANAifType: ethernetCsmacd and the numbers older agents still give to fast and gigabit ports.
ETHERNET = frozenset({6, 62, 69, 117})


async def interfaces(
    wire: Wire, target: Target, *, credential: Community | SnmpUser
) -> SnmpInterfaces:
    """
    Every interface, and whether the device forwards IP.

    Raises `Unintelligible` for a device that shows none, `TimedOut`, `LoginFailed`, `Refused` and
    what the wire raises.
    """
    doing = "reading its interfaces"
    async with walking(wire, target, credential, doing) as walker:
        forwarding = await walker.agent.get(IP_FORWARDING, doing)
        table = await walker.columns(IF_TABLE, doing)
    if not table["admin"].rows or not table["oper"].rows:
        raise Unintelligible(target, "it shows no state of any interface", doing)
    return SnmpInterfaces(
        interfaces=tuple(_interface(i, table) for i in sorted(_instances(table))),
        forwarding={1: True, 2: False}.get(rows.number(forwarding)),
        truncated=any(not column.whole for column in table.values()),
    )


async def neighbours(
    wire: Wire, target: Target, *, credential: Community | SnmpUser
) -> SnmpNeighbours:
    """ARP, bridge and LLDP tables; those that are not readable are not in `tables`."""
    doing = "reading whom it has seen"
    async with walking(wire, target, credential, doing) as walker:
        names = await walker.column(IF_TABLE["name"], doing)
        if not names.rows:
            names = await walker.column(IF_TABLE["descr"], doing)
        arp = await walker.column(ARP, doing)
        base = await walker.column(BASE_PORT, doing)
        bridge = await walker.columns(Q_BRIDGE, doing)
        if not bridge["port"].rows:
            bridge = await walker.columns(BRIDGE, doing)
        lldp = await walker.columns(LLDP, doing)
        lldp["local"] = await walker.column(LLDP_PORT, doing)
        lldp["address"] = await walker.column(LLDP_ADDRESS, doing)
    ports = {i[0]: text(value) for i, value in names.rows.items() if len(i) == 1}
    found = {
        "arp": _arp(arp, ports),
        "bridge": _bridge(bridge, base, ports),
        "lldp": _lldp(lldp),
    }
    columns = (arp, *bridge.values(), *lldp.values(), base, names)
    return SnmpNeighbours(
        tables=tuple(name for name, entries in found.items() if entries),
        truncated=any(not column.whole for column in columns),
        neighbours=tuple(n for entries in found.values() for n in entries),
    )


async def access(wire: Wire, target: Target, *, credential: Community | SnmpUser) -> SnmpAccess:
    """Who may do what with the agent, as far as it shows that to the credential."""
    doing = "reading who may do what"
    async with walking(wire, target, credential, doing) as walker:
        views = await walker.columns(VACM, doing)
        kinds = await walker.column(VIEW_KINDS, doing)
        members = await walker.column(MEMBERS, doing)
        users = await walker.columns(USM, doing)
        communities = await walker.column(COMMUNITY_STATUS, doing)
    open_views = _open_views(target, kinds)
    columns = (*views.values(), kinds, members, *users.values(), communities)
    return SnmpAccess(
        own_name=credential.user if isinstance(credential, SnmpUser) else "",
        groups=tuple(_group(target, i, views, open_views) for i in sorted(_instances(views)))
        or None,
        members=tuple(_member(target, i, v) for i, v in members.rows.items()) or None,
        users=tuple(_user(target, i, users) for i in sorted(_instances(users))) or None,
        communities=len(communities.rows) or None,
        truncated=any(not column.whole for column in columns)
        # A column that is refused or hidden looks like one in which nothing stands: no write view.
        or not (_every_row_is_shown(views) and _every_row_is_shown(users)),
    )


@asynccontextmanager
async def walking(
    wire: Wire, target: Target, credential: Community | SnmpUser, doing: str
) -> AsyncIterator[Walker]:
    """A walker whose allowance ends before the wire's; raises `TimedOut` past the deadline."""
    seconds = wire.connect
    try:
        async with (
            wire.within(target),
            agent(
                wire,
                target,
                credential,
                own_level(credential),
                seconds=seconds,
                cap=wire.packets * OCTETS_A_PACKET,
            ) as asked,
        ):
            yield Walker(asked, bulk=target.permits.bulk, packets=wire.packets - GREETING)
    except TimeoutError:
        raise TimedOut(target, f"not finished within {wire.whole:g} s", doing) from None


def _instances(table: dict[str, Column]) -> set[tuple[int, ...]]:
    return set().union(*(column.rows for column in table.values()))


def _every_row_is_shown(table: dict[str, Column]) -> bool:
    """Whether a row of one column stands in all the others too."""
    instances = _instances(table)
    return all(column.rows.keys() == instances for column in table.values())


def _interface(instance: tuple[int, ...], table: dict[str, Column]) -> Interface:
    row = {key: column.rows.get(instance) for key, column in table.items()}
    return Interface(
        index=instance[-1],
        name=text(row["name"]) or text(row["descr"]),
        alias=text(row["alias"]),
        admin=rows.status(row["admin"]),
        oper=rows.status(row["oper"]),
        mac="" if row["mac"] is None else mac(row["mac"]),
        ethernet=rows.number(row["type"]) in ETHERNET,
    )


def _arp(table: Column, ports: dict[int, str]) -> list[Neighbour]:
    """The instance is the interface and the IPv4 address."""
    return [
        Neighbour("arp", found, rows.ipv4(i[1:]), ports.get(i[0], str(i[0])))
        for i, value in table.rows.items()
        if len(i) == 5 and (found := mac(value))
    ]


def _bridge(table: dict[str, Column], base: Column, ports: dict[int, str]) -> list[Neighbour]:
    """The instance ends in the address; its own addresses (status self) are no neighbours."""
    found = []
    for i, value in table["port"].rows.items():
        number = rows.number(value)
        if rows.number(table["status"].rows.get(i)) == rows.SELF or not number:
            continue
        index = rows.number(base.rows.get((number,)))
        port = ports.get(index, "") if index is not None else ""
        if (seen := rows.mac_of(i[-6:])) and len(i) in (6, 7):
            found.append(Neighbour("bridge", seen, "", port or f"port {number}"))
    return found


def _lldp(table: dict[str, Column]) -> list[Neighbour]:
    """The instance is a time, the local port and a number; addresses add their own to it."""
    addresses = {i[:3]: address for i in table["address"].rows if (address := rows.managed(i))}
    found = []
    for i, value in table["chassis"].rows.items():
        if len(i) != 3:
            continue
        by_mac = rows.number(table["kind"].rows.get(i)) == rows.CHASSIS_IS_MAC
        local = text(table["local"].rows.get((i[1],)))
        found.append(
            Neighbour(
                "lldp",
                mac(value) if by_mac else "",
                addresses.get(i, ""),
                local or f"port {i[1]}",
                text(table["name"].rows.get(i)),
            )
        )
    return found


def _open_views(target: Target, kinds: Column) -> frozenset[str] | None:
    """The views that include anything; None where nobody can tell."""
    if not kinds.rows or not kinds.whole:
        return None
    return frozenset(
        rows.named(target, i)[0] for i, kind in kinds.rows.items() if kind == rows.INCLUDED
    )


def _group(
    target: Target,
    instance: tuple[int, ...],
    table: dict[str, Column],
    open_views: frozenset[str] | None,
) -> SnmpGroup:
    group, rest = rows.named(target, instance)
    _, rest = rows.named(target, rest)
    if len(rest) != 2:
        raise Unintelligible(target, "a row of its access table has a malformed index")

    def view(key: str) -> str:
        """A view without anything in it gives no access, whatever it is called."""
        name = text(table[key].rows.get(instance))
        return name if open_views is None or name in open_views else ""

    return SnmpGroup(group, rows.model(rest[0]), rows.level(rest[1]), view("read"), view("write"))


def _member(target: Target, instance: tuple[int, ...], value: object) -> SnmpMember:
    name, rest = rows.named(target, instance[1:])
    if rest:
        raise Unintelligible(target, "a row of its group table has a malformed index")
    return SnmpMember(rows.model(instance[0]), name, text(value))  # type: ignore[arg-type]


def _user(target: Target, instance: tuple[int, ...], table: dict[str, Column]) -> SnmpUserRow:
    _, rest = rows.named(target, instance)
    name, rest = rows.named(target, rest)
    if rest:
        raise Unintelligible(target, "a row of its user table has a malformed index")
    protocols = (rows.protocol(text(table[key].rows.get(instance))) for key in ("auth", "priv"))
    return SnmpUserRow(name, *protocols)
