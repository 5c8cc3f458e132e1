"""What can be asked, of which class each question is, and how often an asset may be asked it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from appliance.site.model import Asset
from appliance.visit.classes import DAY, ProbingClass, class_of
from checks.facts.context import Presence
from checks.facts.modbus import ModbusIdentity
from checks.facts.observation import Facts
from checks.facts.opcua import OpcUaAnonymous, OpcUaEndpoints, OpcUaServer
from checks.facts.ports import TcpPort
from checks.facts.snmp import SnmpDefaultCommunities, SnmpRefusals, SnmpSystem


class Effort(StrEnum):
    CONNECT = "connect"
    HANDSHAKE = "handshake"
    LOGIN = "login"


@dataclass(frozen=True)
class Question:
    """One thing a collector asks; `daily` questions are asked once a day at most."""

    id: str
    collector: str
    effort: Effort
    facts: type[Facts]
    daily: bool = False


TCP_PORT = Question("tcp-port", "ports", Effort.CONNECT, TcpPort)
PRESENCE = Question("presence", "visit", Effort.CONNECT, Presence)
OPCUA_ENDPOINTS = Question("opcua-endpoints", "opcua", Effort.HANDSHAKE, OpcUaEndpoints)
OPCUA_ANONYMOUS = Question("opcua-anonymous", "opcua", Effort.HANDSHAKE, OpcUaAnonymous)
OPCUA_SERVER = Question("opcua-server", "opcua", Effort.LOGIN, OpcUaServer)
MODBUS_IDENTITY = Question("modbus-identity", "modbus", Effort.HANDSHAKE, ModbusIdentity)
SNMP_SYSTEM = Question("snmp-system", "snmp", Effort.LOGIN, SnmpSystem)
SNMP_REFUSALS = Question("snmp-refusals", "snmp", Effort.LOGIN, SnmpRefusals)
SNMP_DEFAULTS = Question(
    "snmp-default-communities", "snmp", Effort.HANDSHAKE, SnmpDefaultCommunities, daily=True
)

BY_PROTOCOL = {
    "opcua": (OPCUA_ENDPOINTS, OPCUA_ANONYMOUS, OPCUA_SERVER),
    "modbus": (MODBUS_IDENTITY,),
    "snmp": (SNMP_SYSTEM, SNMP_REFUSALS, SNMP_DEFAULTS),
}
QUESTIONS = (TCP_PORT, PRESENCE, *(q for group in BY_PROTOCOL.values() for q in group))


def forbidden(asset: Asset, question: Question, *, laboratory: bool) -> str | None:
    """Why the asset's class does not allow this question, or None when it may be asked."""
    numbers = class_of(asset.probing, laboratory=laboratory)
    if question.effort is Effort.LOGIN and numbers.login is None:
        return f"devices of class {asset.probing} are not logged in to"
    if (
        question is SNMP_DEFAULTS
        and asset.probing == "fragile"
        and not laboratory
        and "default-community" not in asset.allow
    ):
        return (
            "default communities are tried on fragile devices only with allow: [default-community]"
        )
    return None


def every(asset: Asset, *, laboratory: bool) -> timedelta:
    """How often the asset is visited: its own `every`, never below its class's floor."""
    numbers = class_of(asset.probing, laboratory=laboratory)
    return max(asset.every or numbers.every, numbers.floor)


def interval(asset: Asset, question: Question, *, laboratory: bool) -> timedelta:
    """How long lies between two askings of one question."""
    numbers = class_of(asset.probing, laboratory=laboratory)
    visit = every(asset, laboratory=laboratory)
    if question.daily and not laboratory:
        return max(visit, DAY)
    return max(visit, _least(numbers, question.effort))


def _least(numbers: ProbingClass, effort: Effort) -> timedelta:
    match effort:
        case Effort.HANDSHAKE:
            return numbers.handshake
        case Effort.LOGIN:
            return numbers.login or DAY
        case _:
            return timedelta(0)
