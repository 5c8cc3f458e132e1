"""What SNMP agents are asked.  Datagrams are never repeated: the packets count every one that can be sent."""

from __future__ import annotations

from appliance.visit.questions.question import Effort, K, Question
from checks.facts.equipment import SnmpPower, SnmpResources
from checks.facts.snmp import SnmpDefaultCommunities, SnmpManagers, SnmpRefusals, SnmpSystem
from checks.facts.snmp_identity import SnmpIdentity
from checks.facts.switches import (
    SnmpAccess,
    SnmpChanges,
    SnmpInterfaces,
    SnmpNeighbours,
    SnmpSettings,
)

SNMP_SYSTEM = Question(  # [7; with eight rows of both columns 24]
    "snmp-system",
    "snmp",
    Effort.LOGIN,
    SnmpSystem,
    packets=26,
    octets=32 * K,
    connections=0,
)
SNMP_REFUSALS = Question(  # [9; with v1 and v2c 11]
    "snmp-refusals",
    "snmp",
    Effort.LOGIN,
    SnmpRefusals,
    packets=14,
    octets=8 * K,
    connections=0,
    after="snmp-system",
)
SNMP_DEFAULTS = Question(  # [7]
    "snmp-default-communities",
    "snmp",
    Effort.HANDSHAKE,
    SnmpDefaultCommunities,
    daily=True,
    packets=8,
    octets=8 * K,
    connections=0,
    # A login that works is its control.
    among=Effort.LOGIN,
)
SNMP_MANAGERS = Question(  # [1; to who does not answer 2]
    "snmp-managers",
    "snmp",
    Effort.LOGIN,
    SnmpManagers,
    daily=True,
    packets=2,
    octets=4 * K,
    connections=0,
    after="snmp-system",
    wants="credential",
    beside=True,
)
SNMP_IDENTITY = Question(  # [3; with SNMPv3 5]
    "snmp-identity",
    "snmp-tables",
    Effort.LOGIN,
    SnmpIdentity,
    packets=9,
    octets=24 * K,
    connections=0,
    after="snmp-system",
)
SNMP_CHANGES = Question(  # [2; with SNMPv3 4]
    "snmp-changes",
    "snmp-tables",
    Effort.LOGIN,
    SnmpChanges,
    packets=8,
    octets=24 * K,
    connections=0,
    after="snmp-system",
)
SNMP_SETTINGS = Question(  # [3; with SNMPv3 5; each 20 targets 1]
    "snmp-settings",
    "snmp-tables",
    Effort.LOGIN,
    SnmpSettings,
    packets=16,
    octets=48 * K,
    connections=0,
    after="snmp-system",
)
SNMP_INTERFACES = Question(  # seven columns; of 50 ports [22; with SNMPv3 24]
    "snmp-interfaces",
    "snmp-tables",
    Effort.LOGIN,
    SnmpInterfaces,
    packets=60,
    octets=128 * K,
    connections=0,
    after="snmp-system",
    gear=True,
)
SNMP_NEIGHBOURS = Question(  # [11; each 10 addresses of a bridge 1, each 20 of a router 1]
    "snmp-neighbours",
    "snmp-tables",
    Effort.LOGIN,
    SnmpNeighbours,
    packets=80,
    octets=128 * K,
    connections=0,
    after="snmp-system",
    gear=True,
)
SNMP_ACCESS = Question(  # [6; with SNMPv3 8]
    "snmp-access",
    "snmp-tables",
    Effort.LOGIN,
    SnmpAccess,
    packets=30,
    octets=64 * K,
    connections=0,
    after="snmp-system",
    gear=True,
)
SNMP_RESOURCES = Question(  # [9; with SNMPv3 11; each 20 storages 4]
    "snmp-resources",
    "snmp-tables",
    Effort.LOGIN,
    SnmpResources,
    packets=34,
    octets=64 * K,
    connections=0,
    after="snmp-system",
    gear=True,
)
SNMP_POWER = Question(  # [1; with SNMPv3 3]
    "snmp-power",
    "snmp-tables",
    Effort.LOGIN,
    SnmpPower,
    packets=6,
    octets=8 * K,
    connections=0,
    after="snmp-system",
    role="ups",
)
