"""
A plant in a box: small real servers in three zones, and a control that drifts.

    python -m appliance.demo.plant --drift-after 20

Needs Linux (the whole of 127/8 and TCP-MD5) and no privilege.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from appliance.demo import layout
from appliance.demo.alarms import Alarms
from appliance.demo.firewall import walls
from appliance.demo.identities import identity
from appliance.demo.layout import Layout
from appliance.demo.mib import Card
from appliance.demo.modbus_device import ModbusDevice
from appliance.demo.opcua_device import Maker, OneUser, OpcUaDevice
from appliance.demo.snmp_device import SnmpDevice
from appliance.demo.tcp_device import TcpDevice, panel, wait_for_goodbye
from appliance.demo.usm import Usm

OPC_USER, OPC_PASSWORD = "monitor", "only-for-the-box"
SNMP_USER, SNMP_AUTH, SNMP_PRIV = "monitor", "box-authentication", "box-privacy-too"
COMMUNITY = "public"
MODBUS_VENDOR = "Example Telemetry"
RTU_APPROVED, RTU_DRIFTED = "V2.4.1", "V2.5.0-beta"

PLC = Maker("Example Automation", "EA-1500", "V2.9.7")
HMI = Maker("Example Panels", "EP-12", "V4.1.0")
# 32473 is the enterprise number for examples (RFC 5612).
EXAMPLE = (1, 3, 6, 1, 4, 1, 32473)
SWITCH = Card(
    "Example Networks EN-8G managed switch, firmware 6.2.1",
    (*EXAMPLE, 1, 8),
    "sw-dmz",
    "EN-8G",
    "EN8G-0042",
    "6.2.1",
    bytes.fromhex("020000000021"),
    "Example Networks",
)
OLD_SWITCH = Card(
    "Example Networks EN-4 switch, firmware 1.3.0",
    (*EXAMPLE, 1, 4),
    "sw-field",
    "EN-4",
    "EN4-0007",
    "1.3.0",
    bytes.fromhex("020000000023"),
    "Example Networks",
)


class Device(Protocol):
    """Anything in the box: it has a name, starts and stops."""

    name: str

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Plant:
    """The whole box; `async with Plant(directory)` runs it.

    Certificates go to `directory`/plant, alarms to `directory`/alarms.log.  Starting raises
    `OSError` when an address is taken or the kernel knows no TCP-MD5.
    """

    def __init__(self, directory: Path, network: str = layout.NETWORK) -> None:
        self.layout = Layout(network)
        self.directory = directory
        self.alarms = Alarms(directory / "alarms.log")
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.plc = self._opcua("plc-1", self.layout.plc, PLC)
        self.hmi = self._opcua("hmi-1", self.layout.hmi, HMI)
        self.rtu = self._modbus("rtu-1", self.layout.rtu, "RT-200", RTU_APPROVED)
        devices: list[Device] = [self.plc, self.hmi, self.rtu, *self._others()]
        async with AsyncExitStack() as stack:
            for address in self.layout.behind_the_firewall:
                for sock in walls(address, layout.CLOSED):
                    stack.callback(sock.close)
            for device in devices:
                stack.push_async_callback(device.stop)
                await device.start()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    def drift(self) -> None:
        """What the demo is about: the HMI lets anybody in, the RTU runs other firmware."""
        self.hmi.accept_anonymous()
        self.rtu.revision = RTU_DRIFTED

    def _others(self) -> list[Device]:
        at = self.layout
        permitted = self._permitted
        return [
            self._modbus("meter-1", at.meter, "EM-30", "1.07"),
            SnmpDevice(
                "sw-dmz",
                at.switch,
                layout.SNMP,
                SWITCH,
                self.alarms,
                # Its management access list: it stands on this side of the firewall.
                (at.monitor,),
                usm=switch_usm(),
            ),
            SnmpDevice(
                "sw-field",
                at.old_switch,
                layout.SNMP,
                OLD_SWITCH,
                self.alarms,
                permitted(at.old_switch),
                communities=(COMMUNITY.encode(),),
            ),
            TcpDevice(
                "panel-1",
                at.panel,
                layout.HTTP,
                permitted(at.panel),
                panel("panel-1", self.alarms),
            ),
            TcpDevice("jump-1", at.control_host, layout.CONTROL, None, wait_for_goodbye),
        ]

    def _opcua(self, name: str, address: str, maker: Maker) -> OpcUaDevice:
        return OpcUaDevice(
            name,
            address,
            layout.OPC_UA,
            maker,
            identity(self.directory / "plant", name, address),
            OneUser(OPC_USER, OPC_PASSWORD),
            self.alarms,
            self._permitted(address),
        )

    def _modbus(self, name: str, address: str, product: str, revision: str) -> ModbusDevice:
        return ModbusDevice(
            name,
            address,
            layout.MODBUS,
            MODBUS_VENDOR,
            product,
            revision,
            self.alarms,
            self._permitted(address),
        )

    def _permitted(self, address: str) -> tuple[str, ...]:
        return (self.layout.monitor, address)


def switch_usm() -> Usm:
    """The managed switch's engine: its id is the example enterprise and a text (RFC 3411)."""
    engine = (0x80000000 | EXAMPLE[-1]).to_bytes(4, "big") + b"\x04sw-dmz"
    return Usm(engine, SNMP_USER.encode(), SNMP_AUTH.encode(), SNMP_PRIV.encode())


async def run_plant(
    directory: Path,
    drift_after: float | None,
    ready: Callable[[], None],
    *,
    drifted: Callable[[], None] = lambda: None,
    network: str = layout.NETWORK,
) -> None:
    """
    Run the plant until cancelled.

    `ready` is called once everything listens; the drift comes `drift_after` seconds later (None:
    never) and is told by `drifted`.  Raises as `Plant`.
    """
    async with Plant(directory, network) as plant:
        ready()
        if drift_after is not None:
            await asyncio.sleep(drift_after)
            plant.drift()
            drifted()
        await asyncio.Event().wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the plant in the foreground until interrupted; 2 when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m appliance.demo.plant", description=__doc__)
    parser.add_argument(
        "--drift-after", type=float, default=20.0, metavar="SECONDS", help="below 0: never"
    )
    parser.add_argument("--directory", type=Path, default=Path("plant-in-a-box"))
    chosen = parser.parse_args(arguments)
    after = chosen.drift_after if chosen.drift_after >= 0 else None
    try:
        asyncio.run(_until_told(chosen.directory, after))
    except OSError as error:
        sys.stderr.write(f"The plant cannot start: {error}. Is another one running already?\n")
        return 2
    return 0


async def _until_told(directory: Path, drift_after: float | None) -> None:
    task = asyncio.ensure_future(
        run_plant(
            directory,
            drift_after,
            lambda: _say("The plant is running; stop it with Ctrl-C."),
            drifted=lambda: _say("hmi-1 now lets anybody in; rtu-1 runs other firmware."),
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
