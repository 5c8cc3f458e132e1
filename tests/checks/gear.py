"""Network gear in short, for the checks that read its tables."""

from __future__ import annotations

from checks.facts.switches import (
    Interface,
    Neighbour,
    SnmpAccess,
    SnmpChanges,
    SnmpInterfaces,
    SnmpNeighbours,
    SnmpSetting,
    SnmpSettings,
)
from tests.checks.given import asset, observed, service

SWITCH = asset(id="sw-1", role="switch")
SNMP = service(161, "snmp", "udp", login="snmpv3")
PLC_MAC, HMI_MAC, STRANGER = "00:1b:1b:00:00:01", "00:1b:1b:00:00:02", "de:ad:be:ef:00:01"


def port(name, oper="up", admin="up", **changes):
    fields = {"alias": "", "mac": "", "ethernet": True, **changes}
    return Interface(1, name, fields.pop("alias"), admin, oper, **fields)


def interfaces(*ports, forwarding=False, truncated=False, **changes):
    return observed(
        SnmpInterfaces(tuple(ports), forwarding, truncated), service="udp-161", **changes
    )


def neighbours(*seen, tables=("arp", "bridge", "lldp"), truncated=False, **changes):
    facts = SnmpNeighbours(tuple(tables), truncated, tuple(seen))
    return observed(facts, service="udp-161", **{"asset": "sw-1", **changes})


def bridge(mac, at="1/1"):
    return Neighbour("bridge", mac, "", at)


def arp(mac, address, at="vlan1"):
    return Neighbour("arp", mac, address, at)


def lldp(name, at="1/1", mac="", address=""):
    return Neighbour("lldp", mac, address, at, name)


def settings(*found, profile="acme", targets=None, time_servers=None):
    return observed(SnmpSettings(profile, tuple(found), targets, time_servers))


def setting(value, wanted=("off",), control="mgmt-plane-hardened", name="telnet"):
    return SnmpSetting(name, value, tuple(wanted), control)


def access(groups=(), members=(), users=None, own="monitor", truncated=False):
    return observed(SnmpAccess(own, groups, members, users, None, truncated))


def changes(**fields):
    return observed(SnmpChanges(**fields))
