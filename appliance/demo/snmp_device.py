"""SNMP agents of the box: version 3 for one user, and versions 1 and 2c for listed communities."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from appliance.demo import ber
from appliance.demo.alarms import Alarms
from appliance.demo.firewall import bound
from appliance.demo.mib import Card, answer, mib
from appliance.demo.usm import Usm

V3 = 3


@dataclass
class SnmpDevice(asyncio.DatagramProtocol):
    """
    One agent.

    Without `usm` it does not speak version 3; a community that is not listed gets no answer.
    """

    name: str
    address: str
    port: int
    card: Card
    alarms: Alarms
    permitted: tuple[str, ...] | None
    usm: Usm | None = None
    communities: tuple[bytes, ...] = ()
    _transport: asyncio.DatagramTransport | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._mib = mib(self.card)

    async def start(self) -> None:
        """Raises `OSError` when the address is taken."""
        sock = bound(self.address, self.port, None, socket.SOCK_DGRAM)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=sock)

    async def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        # The firewall's part, or its own list of managers: the agent never hears of it.
        if self.permitted is not None and addr[0] not in self.permitted:
            return
        try:
            response = self._response(data)
        except (ValueError, OverflowError):
            return
        if response is not None and self._transport is not None:
            self._transport.sendto(response, addr)

    def _response(self, message: bytes) -> bytes | None:
        body, _ = ber.expect(message, ber.SEQUENCE)
        number, body = ber.expect(body, ber.INTEGER)
        version = ber.to_int(number)
        reply = partial(
            answer, self._mib, version=version, alarm=partial(self.alarms.write_seen, self.name)
        )
        if version == V3:
            return self.usm.handle(message, reply) if self.usm is not None else None
        community, pdu = ber.expect(body, ber.OCTETS)
        if version not in (0, 1) or community not in self.communities:
            return None
        response = reply(pdu)
        if response is None:
            return None
        return ber.sequence((ber.integer(version), ber.octets(community), response))
