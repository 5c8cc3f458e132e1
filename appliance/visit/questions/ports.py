"""What every visit begins with: does a port open, does the asset live."""

from __future__ import annotations

from appliance.visit.questions.question import Effort, K, Question
from checks.facts.context import Presence
from checks.facts.ports import TcpPort

TCP_PORT = Question(  # [4; filtered 3]
    "tcp-port", "ports", Effort.CONNECT, TcpPort, packets=7, octets=1 * K
)
PRESENCE = Question("presence", "visit", Effort.CONNECT, Presence, connections=0)
