"""What services are asked that say who they are, or whom they let in, before any login."""

from __future__ import annotations

from appliance.visit.questions.question import Effort, K, Question
from checks.facts.greetings import (
    FtpAnonymous,
    FtpGreeting,
    MqttAnonymous,
    TelnetGreeting,
    VncSecurity,
)
from checks.facts.ntp import NtpServer

FTP_GREETING = Question(  # [9, without a QUIT 8]
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
