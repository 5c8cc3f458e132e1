"""
Ask an MQTT broker whether it lets a client without credentials in.

On the wire: one TCP connection, one CONNECT of MQTT 3.1.1 (which brokers of version 5 speak too)
without user, password or will, its CONNACK, DISCONNECT at once where it let us in, a clean close.
Never PUBLISH, never SUBSCRIBE; the client's name is random, so that nobody else's session ends.
"""

from __future__ import annotations

import secrets
import string

from checks.facts.greetings import MqttAnonymous
from collectors.allowed import mqtt as allowed
from collectors.errors import HungUp, Unintelligible
from collectors.wire import Target, Wire

VERSION = "3.1.1"
CAP = 1_024
_DOING = "connecting without credentials"
_ALPHABET = string.ascii_lowercase + string.digits

# MQTT 3.1.1, 3.2.
_CONNACK = b"\x20\2"
_ACCEPTED, _WHO_WE_ARE, _LAST_CODE = 0, (4, 5), 5


async def anonymous(wire: Wire, target: Target) -> MqttAnonymous:
    """
    The broker's return code; raises `Unintelligible` for anything but one CONNACK of 3.1.1, and
    what `Wire.stream` raises.
    """
    name = "upheld-probe-" + "".join(secrets.choice(_ALPHABET) for _ in range(10))
    async with wire.stream(target, cap=CAP) as stream:
        await stream.send(allowed.connect(name.encode()))
        answer = b""
        while len(answer) < 4 and _CONNACK.startswith(answer[:2]):
            try:
                answer += await stream.receive(4 - len(answer))
            except HungUp as error:
                said = f"{error.what} after {len(answer)} octets" if answer else error.what
                raise HungUp(target, said, _DOING) from error
        present, code = answer[2:3], answer[3:4]
        if answer[:2] != _CONNACK or present != b"\0" or code > bytes([_LAST_CODE]):
            raise Unintelligible(target, f"the answer {answer.hex(' ')} is no CONNACK", _DOING)
        if code[0] == _ACCEPTED:
            await stream.send(allowed.DISCONNECT)
    accepted = True if code[0] == _ACCEPTED else False if code[0] in _WHO_WE_ARE else None
    return MqttAnonymous(VERSION, code[0], accepted, tls=False)
