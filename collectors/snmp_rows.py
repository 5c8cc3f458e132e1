"""What the numbers and indexes of standard SNMP tables mean: pure."""

from __future__ import annotations

import ipaddress

from collectors.errors import Unintelligible
from collectors.snmp_client import Value
from collectors.wire import Target

# BRIDGE-MIB, dot1dTpFdbStatus; LLDP-MIB, LldpChassisIdSubtype.
SELF, CHASSIS_IS_MAC = 4, 4
# SNMP-VIEW-BASED-ACM-MIB, vacmViewTreeFamilyType.
INCLUDED = 1
_STATUS = {1: "up", 2: "down", 3: "testing"}
_MODELS = {0: "any", 1: "v1", 2: "v2c", 3: "usm"}
_LEVELS = {1: "noAuthNoPriv", 2: "authNoPriv", 3: "authPriv"}
# RFC 3414, 3826 and 7860, and what two vendors call AES with longer keys.
_PROTOCOLS = {
    "1.3.6.1.6.3.10.1.1.1": "none",
    "1.3.6.1.6.3.10.1.1.2": "MD5",
    "1.3.6.1.6.3.10.1.1.3": "SHA-1",
    "1.3.6.1.6.3.10.1.1.4": "SHA-224",
    "1.3.6.1.6.3.10.1.1.5": "SHA-256",
    "1.3.6.1.6.3.10.1.1.6": "SHA-384",
    "1.3.6.1.6.3.10.1.1.7": "SHA-512",
    "1.3.6.1.6.3.10.1.2.1": "none",
    "1.3.6.1.6.3.10.1.2.2": "DES",
    "1.3.6.1.6.3.10.1.2.4": "AES-128",
    "1.3.6.1.4.1.9.12.6.1.1": "AES-192",
    "1.3.6.1.4.1.9.12.6.1.2": "AES-256",
    "1.3.6.1.4.1.14832.1.3": "AES-192",
    "1.3.6.1.4.1.14832.1.4": "AES-256",
}


def number(value: Value | None) -> int:
    """A whole number that is not negative; -1 for anything else."""
    return value if isinstance(value, int) and value >= 0 else -1


def status(value: Value | None) -> str:
    """up, down, testing or the number as text; empty when it is not shown."""
    found = number(value)
    return "" if found < 0 else _STATUS.get(found, str(found))


def model(arc: int) -> str:
    return _MODELS.get(arc, str(arc))


def level(arc: int) -> str:
    return _LEVELS.get(arc, str(arc))


def protocol(oid: str) -> str:
    """A protocol by its usual name, else its OID; "none" for no protection."""
    return _PROTOCOLS.get(oid.strip("."), oid.strip("."))


def named(target: Target, arcs: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """
    A text with its length before it, and the arcs after it.

    Raises `Unintelligible` where there is none.
    """
    if not arcs or arcs[0] > 255 or len(arcs) <= arcs[0] or any(a > 255 for a in arcs):
        raise Unintelligible(target, "a row of its tables has a malformed index")
    size = arcs[0]
    words = bytes(arcs[1 : 1 + size]).decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in words), arcs[1 + size :]


def mac_of(arcs: tuple[int, ...]) -> str:
    """Lower case with colons; empty for a group address and for what is none."""
    if len(arcs) != 6 or any(arc > 255 for arc in arcs) or not any(arcs) or arcs[0] & 1:
        return ""
    return bytes(arcs).hex(":")


def ipv4(arcs: tuple[int, ...]) -> str:
    return ".".join(map(str, arcs)) if len(arcs) == 4 and max(arcs) <= 255 else ""


def managed(instance: tuple[int, ...]) -> str:
    """The address in the index of lldpRemManAddrTable: after three arcs its kind and its length."""
    kind, arcs = instance[3:4], instance[5:]
    if any(arc > 255 for arc in arcs) or instance[4:5] != (len(arcs),):
        return ""
    if kind == (1,):
        return ipv4(arcs)
    if kind == (2,) and len(arcs) == 16:
        return str(ipaddress.IPv6Address(bytes(arcs)))
    return ""


def transport_address(value: Value | None) -> tuple[str, int] | None:
    """A TAddress of UDP over IPv4 or IPv6 (RFC 3417, 3419); None for others."""
    if not isinstance(value, bytes) or len(value) not in (6, 18):
        return None
    return str(ipaddress.ip_address(value[:-2])), int.from_bytes(value[-2:], "big")
