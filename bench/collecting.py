"""Our questions beside the same ones put by the libraries' own clients."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from asyncua.client.client import Client
from gufo.snmp import SnmpVersion
from gufo.snmp.aio import SnmpSession
from pymodbus.client import AsyncModbusTcpClient

from appliance.demo import plant
from bench.peers import ADDRESS, MODBUS, OPC_UA, SNMP
from bench.side_by_side import Ratio, compare
from collectors import modbus, opcua, snmp
from collectors.allowed import Permissions
from collectors.credentials import Community
from collectors.wire import Connections, Target, Wire


@dataclass
class Open:
    """A gate that lets everything pass and counts the datagrams and segments."""

    packets: int = 0
    connections: Connections = field(default_factory=Connections)

    async def turn(self, target: Target) -> None: ...

    async def pace(self, target: Target, packets: int) -> None: ...

    def closed(self, target: Target) -> None: ...

    def may_connect(self, target: Target) -> None: ...

    def may_send(self, target: Target, octets: int) -> None: ...

    def refused(self, target: Target, why: str) -> None: ...

    def sent(self, target: Target, packets: int, octets: int) -> None:  # noqa: ARG002
        self.packets += packets

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> datetime:
        return datetime.now(UTC)


def at(protocol: str, port: int, transport: str = "tcp") -> Target:
    return Target("bench", ADDRESS, transport, port, protocol, permits=Permissions(unit=1))


async def ratios() -> AsyncIterator[Ratio]:
    gate = Open()
    wire = Wire(gate)
    yield await compare(
        "OPC UA endpoints",
        lambda: opcua.endpoints(wire, at("opcua", OPC_UA)),
        "asyncua connect_and_get_server_endpoints",
        lambda: Client(f"opc.tcp://{ADDRESS}:{OPC_UA}").connect_and_get_server_endpoints(),
        times=10,
    )
    yield await compare(
        "Modbus 43/14, basic",
        lambda: modbus.identity(wire, at("modbus", MODBUS), unit=1),
        "pymodbus client",
        _pymodbus,
        times=10,
    )
    switch, login = at("snmp", SNMP, "udp"), Community(plant.COMMUNITY)
    gate.packets = 0
    await snmp.system(wire, switch, credential=login)
    asked = gate.packets

    async def gufo() -> None:
        async with SnmpSession(
            ADDRESS, port=SNMP, community=plant.COMMUNITY, version=SnmpVersion.v2c
        ) as session:
            for _ in range(asked):
                await session.get("1.3.6.1.2.1.1.1.0")

    yield await compare(
        f"SNMPv2c, {asked} requests",
        lambda: snmp.system(wire, switch, credential=login),
        "gufo-snmp, as many",
        gufo,
        times=10,
    )


async def _pymodbus() -> None:
    client = AsyncModbusTcpClient(ADDRESS, port=MODBUS)
    await client.connect()
    answer = await client.read_device_information(read_code=1, device_id=1)
    assert not answer.isError()
    client.close()
