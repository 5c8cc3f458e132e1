"""Modbus devices of the box, on pymodbus' own server."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.mei_message import ReadDeviceInformationResponse
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from appliance.demo.alarms import Alarms
from appliance.demo.firewall import permit_only

# Modbus Application Protocol V1.1b3, 6: coils, registers, files, masks, FIFOs; 8 resets counters.
WRITES = frozenset({5, 6, 8, 15, 16, 21, 22, 23})


@dataclass
class ModbusDevice:
    """One server that answers on unit 1 and identifies itself with three texts."""

    name: str
    address: str
    port: int
    vendor: str
    product: str
    revision: str
    alarms: Alarms
    permitted: tuple[str, ...]
    _server: Any = field(default=None, repr=False)

    async def start(self) -> None:
        """Raises `OSError` when the address is taken."""
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
        registers = SimData(0, values=[230, 231, 229, 50], datatype=DataType.REGISTERS)
        self._server = ModbusTcpServer(
            SimDevice(1, simdata=[registers]),
            address=(self.address, self.port),
            trace_pdu=self._passing,
        )
        try:
            await self._server.serve_forever(background=True)
        except RuntimeError as error:
            raise OSError(f"{self.address}:{self.port} cannot be listened on") from error
        for sock in self._server.transport.sockets:
            permit_only(sock, self.permitted)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()

    def _passing(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        # pymodbus keeps one identity for the whole process; here every device has its own.
        if sending and isinstance(pdu, ReadDeviceInformationResponse):
            texts = (self.vendor, self.product, self.revision)
            pdu.information = {number: text.encode() for number, text in enumerate(texts)}
            pdu.conformity = 0x01
        if not sending and pdu.function_code in WRITES:
            self.alarms.write_seen(self.name, f"Modbus function {pdu.function_code}")
        return pdu
