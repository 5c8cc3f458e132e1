"""
Three open devices of the plant in a box, in a process of their own.

    python -m bench.peers DIRECTORY

Says `ready` once all listen, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from appliance.demo import plant
from appliance.demo.alarms import Alarms
from appliance.demo.identities import identity
from appliance.demo.modbus_device import ModbusDevice
from appliance.demo.opcua_device import OneUser, OpcUaDevice
from appliance.demo.snmp_device import SnmpDevice

ADDRESS, EVERYBODY = "127.64.0.1", ("127.0.0.0/8",)
OPC_UA, MODBUS, SNMP = 4840, 5020, 1161


async def serve(folder: Path) -> None:
    alarms = Alarms(folder / "alarms.log")
    own = identity(folder, "plc-1", ADDRESS)
    user = OneUser(plant.OPC_USER, plant.OPC_PASSWORD)
    devices: list[plant.Device] = [
        OpcUaDevice("plc-1", ADDRESS, OPC_UA, plant.PLC, own, user, alarms, EVERYBODY),
        ModbusDevice("rtu-1", ADDRESS, MODBUS, "Example", "RT-200", "V2.4.1", alarms, EVERYBODY),
        SnmpDevice(
            "sw-1",
            ADDRESS,
            SNMP,
            plant.OLD_SWITCH,
            alarms,
            None,
            communities=(plant.COMMUNITY.encode(),),
        ),
    ]
    async with AsyncExitStack() as stack:
        for device in devices:
            await device.start()
            stack.push_async_callback(device.stop)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
