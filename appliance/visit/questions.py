"""What can be asked, of which class each question is, and how often an asset may be asked it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from appliance.site.assets import MOST_PATHS
from appliance.site.model import Asset, Service
from appliance.visit.classes import DAY, ProbingClass, class_for
from appliance.visit.permits import NETWORK_GEAR
from checks.facts.context import Presence
from checks.facts.equipment import SnmpPower, SnmpResources
from checks.facts.greetings import (
    FtpAnonymous,
    FtpGreeting,
    MqttAnonymous,
    TelnetGreeting,
    VncSecurity,
)
from checks.facts.http import HttpPages
from checks.facts.modbus import ModbusIdentity, ModbusRegisters, ModbusServerId
from checks.facts.ntp import NtpServer
from checks.facts.observation import Facts
from checks.facts.opcua import (
    OpcUaAnonymous,
    OpcUaDiscovery,
    OpcUaEndpoints,
    OpcUaRights,
    OpcUaServer,
)
from checks.facts.ports import TcpPort
from checks.facts.snmp import SnmpDefaultCommunities, SnmpRefusals, SnmpSystem
from checks.facts.snmp_identity import SnmpIdentity
from checks.facts.ssh import SshHostKey, SshOffer
from checks.facts.switches import (
    SnmpAccess,
    SnmpChanges,
    SnmpInterfaces,
    SnmpNeighbours,
    SnmpSettings,
)
from checks.facts.tls import TlsServer, TlsVersions, TlsWeakSuites


class Effort(StrEnum):
    CONNECT = "connect"
    HANDSHAKE = "handshake"
    LOGIN = "login"


@dataclass(frozen=True)
class Question:
    """
    One thing a collector asks; `daily` questions are asked once a day at most, `monthly` ones
    once in 30 days.

    It opens `connections` at most and costs the device `packets` at most where a connection
    attempt lasts no longer than `USUAL_CONNECT`; `octets` are the most bytes over the link both
    ways, headers included.  Both are the wire's hard caps, not what a healthy device is sent.
    `gear` questions are asked of network gear only, those with a `role` of assets that have it.  `tls` is how many TLS handshakes the device may have to compute for it (one that it refuses
    costs it nothing); what `after` names must be asked in the same visit, and `wants` names the key of the service
    without which there is nothing to ask.  `within` questions are answered in the session of what
    `after` names: they cost what they add to it, and nothing is sent for them afterwards.
    `expects` names the key of the asset's `expect` without which nobody wants to know.
    `among` is set where it comes later in a visit than its effort alone says.
    """

    id: str
    collector: str
    effort: Effort
    facts: type[Facts]
    daily: bool = False
    monthly: bool = False
    packets: int = 0
    octets: int = 0
    connections: int = 1
    tls: int = 0
    gear: bool = False
    role: str = ""
    after: str | None = None
    wants: str = ""
    expects: str = ""
    among: Effort | None = None
    within: bool = False


USUAL_CONNECT = 3.0
K = 1024
MONTH = 30 * DAY

# Packets: what one healthy exchange costs (measured, in brackets), the SYNs a lossy path can add
# (3) and a third for segments sent again.  Octets: what the wire reads at most, and headers.
TCP_PORT = Question(  # [4; filtered 3]
    "tcp-port", "ports", Effort.CONNECT, TcpPort, packets=7, octets=1 * K
)
PRESENCE = Question("presence", "visit", Effort.CONNECT, Presence, connections=0)
OPCUA_ENDPOINTS = Question(  # [10; each further 3 KB of certificates 1]
    "opcua-endpoints",
    "opcua",
    Effort.HANDSHAKE,
    OpcUaEndpoints,
    packets=20,
    octets=96 * K,
)
OPCUA_ANONYMOUS = Question(  # [12, with a secured channel over Ethernet 16]
    "opcua-anonymous",
    "opcua",
    Effort.HANDSHAKE,
    OpcUaAnonymous,
    packets=24,
    octets=48 * K,
    after="opcua-endpoints",
)
OPCUA_SERVER = Question(  # [13; over Ethernet 16]
    "opcua-server",
    "opcua",
    Effort.LOGIN,
    OpcUaServer,
    packets=40,
    octets=96 * K,
    after="opcua-endpoints",
)
OPCUA_RIGHTS = Question(  # beside opcua-server [3; over Ethernet 9; each further 50 variables 3]
    "opcua-rights",
    "opcua",
    Effort.LOGIN,
    OpcUaRights,
    packets=24,
    octets=96 * K,
    connections=0,
    after="opcua-server",
    within=True,
)
OPCUA_DISCOVERY = Question(  # [8; over Ethernet 10]
    "opcua-discovery",
    "opcua",
    Effort.HANDSHAKE,
    OpcUaDiscovery,
    daily=True,
    packets=20,
    octets=96 * K,
)
MODBUS_IDENTITY = Question(  # [7; of six rounds 17]
    "modbus-identity", "modbus", Effort.HANDSHAKE, ModbusIdentity, packets=18, octets=8 * K
)
MODBUS_SERVER_ID = Question(  # [5; over Ethernet 6]
    "modbus-server-id",
    "modbus",
    Effort.HANDSHAKE,
    ModbusServerId,
    packets=16,
    octets=8 * K,
    after="modbus-identity",
    expects="server_id",
)
# Datagrams are never repeated, so these count every one the collector can send.
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
# Seven columns; of 50 ports [22; with SNMPv3 24].
SNMP_INTERFACES = Question(
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
SSH_OFFER = Question(  # [7; over Ethernet 8]
    "ssh-offer", "ssh", Effort.HANDSHAKE, SshOffer, packets=16, octets=52 * K
)
SSH_HOST_KEY = Question(  # [9; over Ethernet 11]
    "ssh-host-key", "ssh", Effort.HANDSHAKE, SshHostKey, daily=True, packets=20, octets=52 * K
)
# [9, without a QUIT 8]
FTP_GREETING = Question(
    "ftp-greeting", "ftp", Effort.HANDSHAKE, FtpGreeting, packets=18, octets=20 * K
)
FTP_ANONYMOUS = Question(  # [10]
    "ftp-anonymous", "ftp", Effort.HANDSHAKE, FtpAnonymous, daily=True, packets=20, octets=20 * K
)
TELNET_GREETING = Question(  # [5]
    "telnet-greeting", "telnet", Effort.HANDSHAKE, TelnetGreeting, packets=14, octets=12 * K
)
VNC_SECURITY = Question(  # [7]
    "vnc-security", "vnc", Effort.HANDSHAKE, VncSecurity, packets=14, octets=4 * K
)
MQTT_ANONYMOUS = Question(  # [6]
    "mqtt-anonymous",
    "mqtt_broker",
    Effort.HANDSHAKE,
    MqttAnonymous,
    daily=True,
    packets=14,
    octets=4 * K,
)
MQTTS_ANONYMOUS = Question(  # [10]
    "mqtts-anonymous",
    "mqtt_broker",
    Effort.HANDSHAKE,
    MqttAnonymous,
    daily=True,
    packets=22,
    octets=52 * K,
    tls=1,
)
NTP_SERVER = Question(  # [1]
    "ntp-server", "ntp", Effort.HANDSHAKE, NtpServer, packets=1, octets=8 * K, connections=0
)

TLS_SERVER = Question(  # [8; over Ethernet 10; each further 3 KB of certificates 1]
    "tls-server", "tls", Effort.HANDSHAKE, TlsServer, packets=24, octets=90 * K, tls=1
)
TLS_VERSIONS = Question(  # [15; where alerts do not name the version 25, two accepted 19]
    "tls-versions",
    "tls",
    Effort.HANDSHAKE,
    TlsVersions,
    daily=True,
    packets=84,
    octets=128 * K,
    connections=6,
    tls=2,
    after="tls-server",
)
TLS_WEAK_SUITES = Question(  # [5; two accepted 14]
    "tls-weak-suites",
    "tls",
    Effort.HANDSHAKE,
    TlsWeakSuites,
    monthly=True,
    packets=28,
    octets=128 * K,
    connections=2,
    tls=2,
    after="tls-server",
)
# A connection of 64 KiB over Ethernet costs up to 30; of two or three pages each has a share.
MODBUS_REGISTERS = Question(  # [4 and 1 for each range; over Ethernet 5 and 2]
    "modbus-registers",
    "modbus",
    Effort.HANDSHAKE,
    ModbusRegisters,
    packets=40,
    octets=12 * K,
    wants="registers",
)
HTTP_PAGES = Question(  # [5; three pages 15]
    "http-pages",
    "http",
    Effort.HANDSHAKE,
    HttpPages,
    packets=45,
    octets=128 * K,
    connections=MOST_PATHS["http"],
    wants="paths",
)
HTTPS_PAGES = Question(  # [8; two pages 16]
    "https-pages",
    "http",
    Effort.HANDSHAKE,
    HttpPages,
    packets=46,
    octets=128 * K,
    connections=MOST_PATHS["https"],
    tls=MOST_PATHS["https"],
    wants="paths",
)
TLS = (TLS_SERVER, TLS_VERSIONS, TLS_WEAK_SUITES)

BY_PROTOCOL = {
    "opcua": (OPCUA_ENDPOINTS, OPCUA_DISCOVERY, OPCUA_ANONYMOUS, OPCUA_SERVER, OPCUA_RIGHTS),
    "modbus": (MODBUS_IDENTITY, MODBUS_SERVER_ID, MODBUS_REGISTERS),
    "snmp": (
        SNMP_SYSTEM,
        SNMP_REFUSALS,
        SNMP_DEFAULTS,
        SNMP_IDENTITY,
        SNMP_CHANGES,
        SNMP_SETTINGS,
        SNMP_INTERFACES,
        SNMP_NEIGHBOURS,
        SNMP_ACCESS,
        SNMP_RESOURCES,
        SNMP_POWER,
    ),
    "ssh": (SSH_OFFER, SSH_HOST_KEY),
    "ftp": (FTP_GREETING, FTP_ANONYMOUS),
    "telnet": (TELNET_GREETING,),
    "vnc": (VNC_SECURITY,),
    "mqtt": (MQTT_ANONYMOUS,),
    "ntp": (NTP_SERVER,),
    "tls": TLS,
    "http": (HTTP_PAGES,),
    "https": (*TLS, HTTPS_PAGES),
    "mqtts": (*TLS, MQTTS_ANONYMOUS),
    "modbus-tls": TLS,
}
QUESTIONS = (
    TCP_PORT,
    PRESENCE,
    *dict.fromkeys(q for group in BY_PROTOCOL.values() for q in group),
)


_NOT_ON_FRAGILE = (
    (SNMP_DEFAULTS, "default-community", "default communities are"),
    (FTP_ANONYMOUS, "anonymous-ftp", "anonymous FTP is"),
)


def concerns(asset: Asset, question: Question) -> bool:
    """Whether the question has a meaning for such a device at all."""
    if question.expects and getattr(asset.expect, question.expects) is None:
        return False
    if question.role and asset.role != question.role:
        return False
    return not question.gear or asset.role in NETWORK_GEAR


def wanted(service: Service, question: Question) -> bool:
    """Whether the inventory declares what the question is about."""
    return not question.wants or bool(getattr(service, question.wants))


def forbidden(asset: Asset, question: Question, *, laboratory: bool) -> str | None:
    """Why the asset's class does not allow this question, or None when it may be asked."""
    numbers = class_for(asset, laboratory=laboratory)
    if question.effort is Effort.LOGIN and numbers.login is None:
        return f"devices of class {asset.probing} are not logged in to"
    for tried, permission, what in _NOT_ON_FRAGILE:
        if (
            question is tried
            and asset.probing == "fragile"
            and not laboratory
            and permission not in asset.allow
        ):
            return f"{what} tried on fragile devices only with allow: [{permission}]"
    return None


def every(asset: Asset, *, laboratory: bool) -> timedelta:
    """How often the asset is visited: its own `every`, never below its class's floor."""
    numbers = class_for(asset, laboratory=laboratory)
    return max(asset.every or numbers.every, numbers.floor)


def interval(asset: Asset, question: Question, *, laboratory: bool, rounds: int = 1) -> timedelta:
    """
    How long lies between two askings of one question.

    `rounds` is how many visits lie between them where not everything fits into one.
    """
    numbers = class_for(asset, laboratory=laboratory)
    visit = every(asset, laboratory=laboratory) * rounds
    if question.monthly and not laboratory:
        return max(visit, MONTH)
    if question.daily and not laboratory:
        return max(visit, DAY)
    return max(visit, _least(numbers, question.effort))


def packets(question: Question, numbers: ProbingClass) -> int:
    """The most packets it may cost a device of this class, with its longer connection attempts."""
    more = max(0, syns(numbers.connect) - syns(USUAL_CONNECT))
    return question.packets + more * question.connections


def syns(seconds: float) -> int:
    """
    The most SYNs the kernel sends in one connection attempt that may last so long.

    Since Linux 6.5 they leave at 0, 1, 2, 3, 4, 5 and 7 s (tcp_syn_linear_timeouts 4), and never
    more than seven (tcp_syn_retries 6); half a second is for ourselves being late to stop it.
    """
    return sum(at <= seconds + 0.5 for at in (0, 1, 2, 3, 4, 5, 7))


def _least(numbers: ProbingClass, effort: Effort) -> timedelta:
    match effort:
        case Effort.HANDSHAKE:
            return numbers.handshake
        case Effort.LOGIN:
            return numbers.login or DAY
        case _:
            return timedelta(0)
