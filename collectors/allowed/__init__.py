"""
What may be said to a device: pure allow-lists, judged on the last clear form of each message.

Everything not named here is refused.  There is no message here that could change a device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collectors.allowed import ftp, http, modbus, mqtt, ntp, opcua, snmp, ssh, telnet, tls, vnc
from collectors.allowed.ber import element
from collectors.allowed.permissions import Permissions, Span
from collectors.allowed.ports import connect_only, never_connect

OPCUA_REQUESTS = opcua.NAMES


def nothing(_: Permissions, __: bytes) -> str | None:
    """For ports that are only connected to."""
    return "this port is only connected to, never spoken to"


ON_THE_WIRE: Mapping[str, Callable[[Permissions, bytes], str | None]] = {
    "modbus": modbus.judge,
    "snmp": snmp.judge,
    "http": http.judge,
    "ssh": ssh.judge,
    "ftp": ftp.judge,
    "telnet": telnet.judge,
    "vnc": vnc.judge,
    "mqtt": mqtt.judge,
    "ntp": ntp.judge,
    "tls": tls.judge,
    "https": tls.judge_with_data,
    "mqtts": tls.judge_with_data,
    "modbus-tls": tls.judge_with_data,
    "tcp": nothing,
}
"""
Judged message by message at the wire.  OPC UA is judged by `opcua.judge` before it is encrypted;
the same judges serve Modbus and HTTP over TLS, where the last clear form is above the wire.
"""

__all__ = [
    "ON_THE_WIRE",
    "OPCUA_REQUESTS",
    "Permissions",
    "Span",
    "connect_only",
    "element",
    "ftp",
    "http",
    "modbus",
    "mqtt",
    "never_connect",
    "nothing",
    "ntp",
    "opcua",
    "snmp",
    "ssh",
    "telnet",
    "tls",
    "vnc",
]
