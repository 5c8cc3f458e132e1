"""
Facts to JSON and back, so that evidence outlives the program that wrote it.

Canonical: sorted keys, no blanks, UTF-8, no floats (times are RFC 3339 strings in UTC, durations
are whole numbers in the unit their name says).  Stable fields and readings come apart, because
stable ones are stored once per content.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from typing import Any, Union, get_args, get_origin, get_type_hints

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
from checks.facts.snmp import SnmpDefaultCommunities, SnmpManagers, SnmpRefusals, SnmpSystem
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

FACT_TYPES: Mapping[str, type[Facts]] = {
    kind.__name__: kind
    for kind in (
        Presence,
        TcpPort,
        OpcUaEndpoints,
        OpcUaAnonymous,
        OpcUaServer,
        OpcUaDiscovery,
        OpcUaRights,
        ModbusIdentity,
        ModbusServerId,
        ModbusRegisters,
        SnmpSystem,
        SnmpRefusals,
        SnmpDefaultCommunities,
        SnmpManagers,
        SnmpIdentity,
        SnmpInterfaces,
        SnmpNeighbours,
        SnmpAccess,
        SnmpSettings,
        SnmpChanges,
        SnmpResources,
        SnmpPower,
        TlsServer,
        TlsVersions,
        TlsWeakSuites,
        SshOffer,
        SshHostKey,
        HttpPages,
        FtpGreeting,
        FtpAnonymous,
        TelnetGreeting,
        VncSecurity,
        MqttAnonymous,
        NtpServer,
    )
}


def canonical(value: object) -> bytes:
    """The one way of writing a plain value as bytes; what digests are taken over.

    Raises `TypeError` for floats and for anything JSON does not know.
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: object) -> str:
    """`sha256:` and the hex digest of the canonical form of a plain value."""
    return "sha256:" + sha256(canonical(value)).hexdigest()


def plain(value: Any) -> Any:
    """A frozen value (dataclass, enum, datetime, tuple, mapping) as JSON's own types."""
    if type(value) in (str, int, bool, types.NoneType):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list | frozenset):
        items = sorted(value) if isinstance(value, frozenset) else value
        return [plain(v) for v in items]
    return value


def split(facts: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    """The stable fields and the readings of facts, both plain."""
    stable: dict[str, Any] = {}
    readings: dict[str, Any] = {}
    for field in fields(facts):
        part = readings if field.metadata.get("reading") else stable
        part[field.name] = plain(getattr(facts, field.name))
    return stable, readings


def join(facts_type: str, stable: Mapping[str, Any], readings: Mapping[str, Any]) -> Facts:
    """
    The facts again, from what `split` gave.

    Raises `KeyError` for an unknown type, and `TypeError` or `ValueError` for fields that do not fit.
    """
    facts: Facts = build(FACT_TYPES[facts_type], {**stable, **readings})
    return facts


def build(kind: Any, value: Any) -> Any:
    """A typed value from its plain form, guided by the type's own annotations."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return build(next(a for a in args if a is not type(None)), value)
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(build(args[0], v) for v in value)
        return tuple(build(a, v) for a, v in zip(args, value, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        known = {f.name for f in fields(kind)}
        if unknown := set(value) - known:
            raise TypeError(f"{kind.__name__} has no field {min(unknown)}")
        return kind(**{name: build(hints[name], v) for name, v in value.items()})
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if isinstance(kind, type) and not isinstance(value, kind):
        raise TypeError(f"{value!r} is not of type {kind.__name__}")
    return value


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(
            f"{value!r}: evidence holds no floats; use a whole number in a smaller unit"
        )
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
