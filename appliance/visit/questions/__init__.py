"""What can be asked, by the protocol it is asked over: a file a protocol, and a line here."""

from __future__ import annotations

from appliance.visit.questions.asking_when import (
    USUAL_CONNECT,
    concerns,
    every,
    forbidden,
    interval,
    packets,
    slack,
    syns,
    wanted,
)
from appliance.visit.questions.greetings import (
    FTP_ANONYMOUS,
    FTP_GREETING,
    MQTT_ANONYMOUS,
    MQTTS_ANONYMOUS,
    NTP_SERVER,
    TELNET_GREETING,
    VNC_SECURITY,
)
from appliance.visit.questions.http import HTTP_PAGES, HTTPS_PAGES
from appliance.visit.questions.modbus import MODBUS_IDENTITY, MODBUS_REGISTERS, MODBUS_SERVER_ID
from appliance.visit.questions.opcua import (
    OPCUA_ANONYMOUS,
    OPCUA_DISCOVERY,
    OPCUA_ENDPOINTS,
    OPCUA_RIGHTS,
    OPCUA_SERVER,
)
from appliance.visit.questions.ports import PRESENCE, TCP_PORT
from appliance.visit.questions.question import Effort, K, Question
from appliance.visit.questions.snmp import (
    SNMP_ACCESS,
    SNMP_CHANGES,
    SNMP_DEFAULTS,
    SNMP_IDENTITY,
    SNMP_INTERFACES,
    SNMP_NEIGHBOURS,
    SNMP_POWER,
    SNMP_REFUSALS,
    SNMP_RESOURCES,
    SNMP_SETTINGS,
    SNMP_SYSTEM,
)
from appliance.visit.questions.ssh import SSH_HOST_KEY, SSH_OFFER
from appliance.visit.questions.tls import TLS, TLS_SERVER, TLS_VERSIONS, TLS_WEAK_SUITES

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

__all__ = [
    "BY_PROTOCOL",
    "FTP_ANONYMOUS",
    "FTP_GREETING",
    "HTTPS_PAGES",
    "HTTP_PAGES",
    "MODBUS_IDENTITY",
    "MODBUS_REGISTERS",
    "MODBUS_SERVER_ID",
    "MQTTS_ANONYMOUS",
    "MQTT_ANONYMOUS",
    "NTP_SERVER",
    "OPCUA_ANONYMOUS",
    "OPCUA_DISCOVERY",
    "OPCUA_ENDPOINTS",
    "OPCUA_RIGHTS",
    "OPCUA_SERVER",
    "PRESENCE",
    "QUESTIONS",
    "SNMP_ACCESS",
    "SNMP_CHANGES",
    "SNMP_DEFAULTS",
    "SNMP_IDENTITY",
    "SNMP_INTERFACES",
    "SNMP_NEIGHBOURS",
    "SNMP_POWER",
    "SNMP_REFUSALS",
    "SNMP_RESOURCES",
    "SNMP_SETTINGS",
    "SNMP_SYSTEM",
    "SSH_HOST_KEY",
    "SSH_OFFER",
    "TCP_PORT",
    "TELNET_GREETING",
    "TLS",
    "TLS_SERVER",
    "TLS_VERSIONS",
    "TLS_WEAK_SUITES",
    "USUAL_CONNECT",
    "VNC_SECURITY",
    "Effort",
    "K",
    "Question",
    "concerns",
    "every",
    "forbidden",
    "interval",
    "packets",
    "slack",
    "syns",
    "wanted",
]
