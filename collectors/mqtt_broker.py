"""
Ask an MQTT broker whether it lets a client without credentials in.

On the wire: one TCP connection, one CONNECT of MQTT 3.1.1 (which brokers of version 5 speak too)
without user, password or will, its CONNACK, DISCONNECT at once where it let us in, a clean close.
Never PUBLISH, never SUBSCRIBE; the client's name is random, so that nobody else's session ends.
Over TLS one handshake stands before it, and each packet is judged before it is encrypted.
"""

from __future__ import annotations

import secrets
import string
from typing import Protocol

from checks.facts.greetings import MqttAnonymous
from collectors.allowed import mqtt as allowed
from collectors.errors import HungUp, Unintelligible
from collectors.tls_channel import sealed
from collectors.wire import Target, Wire

VERSION = "3.1.1"
CAP = 1_024
_DOING = "connecting without credentials"
_ALPHABET = string.ascii_lowercase + string.digits

# MQTT 3.1.1, 3.2.
_CONNACK = b"\x20\2"
_ACCEPTED, _WHO_WE_ARE, _LAST_CODE = 0, (4, 5), 5


class _Way(Protocol):
    """Two ways, in the clear form."""

    async def send(self, message: bytes) -> None: ...
    async def receive(self, most: int) -> bytes: ...


async def anonymous(wire: Wire, target: Target) -> MqttAnonymous:
    """
    The broker's return code, over TLS where the target's protocol is mqtts.

    Raises `Unintelligible` for anything but one CONNACK of 3.1.1 and for a TLS handshake that
    cannot be made, and what `Wire.stream` raises.
    """
    if target.protocol != "mqtts":
        async with wire.stream(target, cap=CAP) as stream:
            code = await _asked(stream, target)
    else:
        async with sealed(wire, target, allowed.judge, cap=CAP) as channel:
            code = await _asked(channel, target)
    accepted = True if code == _ACCEPTED else False if code in _WHO_WE_ARE else None
    return MqttAnonymous(VERSION, code, accepted, tls=target.protocol == "mqtts")


async def _asked(way: _Way, target: Target) -> int:
    name = "upheld-probe-" + "".join(secrets.choice(_ALPHABET) for _ in range(10))
    await way.send(allowed.connect(name.encode()))
    answer = b""
    while len(answer) < 4 and _CONNACK.startswith(answer[:2]):
        try:
            piece = await way.receive(4 - len(answer))
            if not piece:
                raise HungUp(target, "the TLS channel was closed", "reading")  # noqa: TRY301
            answer += piece
        except HungUp as error:
            said = f"{error.what} after {len(answer)} octets" if answer else error.what
            raise HungUp(target, said, _DOING) from error
    present, code = answer[2:3], answer[3:4]
    if answer[:2] != _CONNACK or present != b"\0" or code > bytes([_LAST_CODE]):
        raise Unintelligible(target, f"the answer {answer.hex(' ')} is no CONNACK", _DOING)
    if code[0] == _ACCEPTED:
        await way.send(allowed.DISCONNECT)
    return code[0]
