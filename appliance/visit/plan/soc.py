"""The plan for who watches the network: how to know us, and what of us will look like an attack."""

from __future__ import annotations

from collections import Counter

from appliance.visit.plan import snmp_words
from appliance.visit.plan.plan import Plan
from appliance.visit.plan.words import at, lasting

# By question, what devices write to their logs and detection systems raise.
_EVENTS = {
    "tcp-port": "connections opened and closed without a byte; detection systems: slow port scan",
    "opcua-endpoints": "OPC UA channel without security, GetEndpoints",
    "opcua-anonymous": "one failed (or accepted) anonymous OPC UA session; audit event",
    "opcua-server": "one OPC UA login and logout of our own user; audit event",
    "opcua-rights": "in the same session: its role set browsed, role permissions read",
    "modbus-identity": "Modbus function 43/14; detection systems: device enumeration",
    "modbus-server-id": "Modbus function 17; detection systems: device enumeration",
    "snmp-system": "SNMP reads of our own user or community",
    "snmp-refusals": "SNMP requests at lower levels; authenticationFailure traps",
    "snmp-default-communities": "SNMP with public and private; authenticationFailure traps",
    "snmp-managers": "one SNMP question from an address that is no manager; refusals, traps",
    **snmp_words.SOC,
    "ssh-offer": "SSH opened and disconnected before any login",
    "tls-server": "one TLS handshake without a client certificate, closed at once",
    "tls-versions": "TLS handshakes of old versions, mostly refused; detection systems: SSL 3.0",
    "tls-weak-suites": "a TLS ClientHello with weak suites only; detection systems: weak cipher",
    "ssh-host-key": "one SSH key exchange, disconnected before any login",
    "ftp-greeting": "FTP opened, AUTH TLS asked, closed",
    "ftp-anonymous": "one FTP login as anonymous, accepted or refused, closed at once",
    "telnet-greeting": "telnet opened and closed without a byte from us",
    "vnc-security": "VNC opened and closed before a security type is chosen",
    "mqtt-anonymous": "one MQTT CONNECT without user as upheld-probe-.., accepted or refused",
    "mqtts-anonymous": "the same over TLS",
    "ntp-server": "one NTP client packet",
}


def soc(plan: Plan) -> str:
    """Plain text in four parts: who, when, names, events."""
    first, last = plan.source_ports
    lines = [
        f"{plan.site}, appliance {plan.appliance}: plan {plan.digest}",
        "",
        "OUR ADDRESSES",
        *(f"  {line}" for line in our_addresses(plan)),
        f"  every connection to a device leaves from a source port {first} to {last}",
        "",
        "NAMES WE SEND",
        "  OPC UA ApplicationUri  urn:upheld:appliance (or that of our certificate)",
        "  User-Agent and SSH software version begin with upheld",
        "",
        "SCHEDULE (UTC)",
    ]
    lines += [
        f"  {a.asset} {a.address}: {at(a.phase, a.every)}, for at most {lasting(a.seconds)}, "
        f"at most {a.visit.packets} packets"
        for a in plan.assets
    ]
    lines += ["", "EVENTS THIS RAISES"]
    asked = Counter(s.question for a in plan.assets for s in a.steps if not s.forbidden)
    for question, count in sorted(asked.items()):
        event = _EVENTS.get(question, f"the openings of {question}")
        lines.append(f"  {question} ({count} a full round): {event}")
    denied = sum(not s.permitted and not s.forbidden for a in plan.assets for s in a.steps)
    if denied:
        lines.append(f"  firewalls: {denied} denied connection attempts a full round, on purpose")
    lines += [
        "",
        "Traffic from these addresses that this page does not explain is not ours to excuse:",
        "capture it and run upheld verify-capture.",
    ]
    return "\n".join(lines) + "\n"


def our_addresses(plan: Plan) -> tuple[str, ...]:
    """Each vantage's source address, or that the kernel chooses it."""
    found = {
        f"{step.source or 'the address the kernel chooses'} (vantage {step.vantage})"
        for asset in plan.assets
        for step in asset.steps
    }
    return tuple(sorted(found))
