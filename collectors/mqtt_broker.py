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
from collectors import tls
from collectors.allowed import mqtt as allowed
from collectors.errors import HungUp, NotPermitted, Unintelligible
from collectors.tls_openssl import Client
from collectors.wire import Stream, Target, Wire

VERSION = "3.1.1"
CAP = 1_024
TLS_CAP = 48 * 1024
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
        async with wire.stream(target, cap=TLS_CAP) as stream:
            client = Client()
            await tls.shaken(stream, client)
            if client.ended or not client.done:
                why = client.ended or "it closed in the middle of the TLS handshake"
                raise Unintelligible(target, why, "making a TLS handshake")
            code = await _asked(_Sealed(wire, target, stream, client), target)
            if goodbye := client.goodbye():
                await stream.send(goodbye)
    accepted = True if code == _ACCEPTED else False if code in _WHO_WE_ARE else None
    return MqttAnonymous(VERSION, code, accepted, tls=target.protocol == "mqtts")


async def _asked(way: _Way, target: Target) -> int:
    name = "upheld-probe-" + "".join(secrets.choice(_ALPHABET) for _ in range(10))
    await way.send(allowed.connect(name.encode()))
    answer = b""
    while len(answer) < 4 and _CONNACK.startswith(answer[:2]):
        try:
            answer += await way.receive(4 - len(answer))
        except HungUp as error:
            said = f"{error.what} after {len(answer)} octets" if answer else error.what
            raise HungUp(target, said, _DOING) from error
    present, code = answer[2:3], answer[3:4]
    if answer[:2] != _CONNACK or present != b"\0" or code > bytes([_LAST_CODE]):
        raise Unintelligible(target, f"the answer {answer.hex(' ')} is no CONNACK", _DOING)
    if code[0] == _ACCEPTED:
        await way.send(allowed.DISCONNECT)
    return code[0]


class _Sealed:
    def __init__(self, wire: Wire, target: Target, stream: Stream, client: Client) -> None:
        self._gate = wire.gate
        self._target = target
        self._stream = stream
        self._client = client

    async def send(self, message: bytes) -> None:
        if (why := allowed.judge(self._target.permits, message)) is not None:
            self._gate.refused(self._target, why)
            raise NotPermitted(self._target, f"our own request was stopped: {why}")
        try:
            records = self._client.sealed(message)
        except ValueError as error:
            raise Unintelligible(self._target, f"its TLS cannot carry it: {error}") from error
        await self._stream.send(records)

    async def receive(self, most: int) -> bytes:
        client = self._client
        while not client.data:
            if client.ended:
                raise Unintelligible(self._target, client.ended, _DOING)
            if client.closed:
                raise HungUp(self._target, "the TLS channel was closed", "reading")
            client.feed(await self._stream.receive())
        data = bytes(client.data[:most])
        del client.data[:most]
        return data
