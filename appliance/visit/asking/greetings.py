"""FTP, telnet, VNC and MQTT: what they say up to the authentication answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.observation import Facts
from collectors import ftp, mqtt_broker, telnet, vnc
from collectors.wire import Target, Wire

_BY_QUESTION: Mapping[str, Callable[[Wire, Target], Awaitable[Facts]]] = {
    q.FTP_GREETING.id: ftp.greeting,
    q.FTP_ANONYMOUS.id: ftp.anonymous,
    q.TELNET_GREETING.id: telnet.greeting,
    q.VNC_SECURITY.id: vnc.security,
    q.MQTT_ANONYMOUS.id: mqtt_broker.anonymous,
    q.MQTTS_ANONYMOUS.id: mqtt_broker.anonymous,
}
COLLECTORS = ("ftp", "telnet", "vnc", "mqtt_broker")


async def ask(given: Given, question: q.Question, target: Target, _: Service) -> Facts:
    return await _BY_QUESTION[question.id](given.wire, target)
