"""SNMPv3 agents at many addresses, one port; each counts what came with a login in it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from functools import partial

from appliance.demo.mib import answer, mib
from appliance.demo.plant import SWITCH
from appliance.demo.usm import AUTH, WRONG_DIGEST, Usm, take_apart

USER, GOOD, PRIV = "monitor", "right-auth-Secret-1", "right-priv-Secret-1"


class Agent(asyncio.DatagramProtocol):
    """One agent whose user has the authentication secret `secret`."""

    def __init__(self, address: str, secret: str = GOOD) -> None:
        self.address = address
        self.heard: list[bytes] = []
        self.attempts = 0
        self.tell(secret)

    def tell(self, secret: str) -> None:
        """From now on the user's secret is this one."""
        engine = b"\x80\x00\x1f\x88\x04" + self.address.encode()
        self.usm = Usm(engine, USER.encode(), secret.encode(), PRIV.encode())

    @property
    def refused(self) -> int:
        return self.usm.counts.get(WRONG_DIGEST, 0)

    def connection_made(self, transport) -> None:
        self._transport = transport

    def datagram_received(self, data, sender) -> None:
        self.heard.append(data)
        try:
            self.attempts += bool(take_apart(data).flags & AUTH)
            said = self.usm.handle(data, partial(_answer, mib(SWITCH)))
        except ValueError:
            return
        if said is not None:
            self._transport.sendto(said, sender)


def _answer(values, pdu):
    return answer(values, pdu, version=3, alarm=_written)


def _written(said):
    raise AssertionError(said)


@asynccontextmanager
async def agents(addresses):
    """The agents and their port."""
    made = [Agent(address) for address in addresses]
    loop, transports, port = asyncio.get_running_loop(), [], 0
    try:
        for agent in made:
            transport, _ = await loop.create_datagram_endpoint(
                lambda agent=agent: agent,
                local_addr=(agent.address, port),
                family=socket.AF_INET,
            )
            transports.append(transport)
            port = transport.get_extra_info("sockname")[1]
        yield made, port
    finally:
        for transport in transports:
            transport.close()
