"""What OPC UA servers are asked."""

from __future__ import annotations

from appliance.visit.questions.question import Effort, K, Question
from checks.facts.opcua import (
    OpcUaAnonymous,
    OpcUaDiscovery,
    OpcUaEndpoints,
    OpcUaRights,
    OpcUaServer,
)

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
