"""Where everything in the box stands: three zones on loopback addresses, unprivileged ports."""

from __future__ import annotations

from dataclasses import dataclass

NETWORK = "127.62"

OPC_UA = 4840
MODBUS = 5020
SNMP = 1161
HTTP = 8080
CONTROL = 8443

# Ports nobody should answer on.  Behind a conduit the firewall drops what is sent to them.
CLOSED = (2323, 3389, 5900)


@dataclass(frozen=True)
class Layout:
    """Addresses below one /16 of the loopback network, such as 127.62."""

    network: str = NETWORK

    def at(self, zone: int, host: int) -> str:
        return f"{self.network}.{zone}.{host}"

    @property
    def monitor(self) -> str:
        """The appliance's address the firewall has permits for."""
        return self.at(0, 5)

    @property
    def plain(self) -> str:
        """The appliance's address without any permit."""
        return self.at(0, 6)

    @property
    def control_host(self) -> str:
        return self.at(0, 20)

    @property
    def switch(self) -> str:
        return self.at(0, 21)

    @property
    def plc(self) -> str:
        return self.at(1, 11)

    @property
    def hmi(self) -> str:
        return self.at(1, 12)

    @property
    def panel(self) -> str:
        return self.at(1, 13)

    @property
    def rtu(self) -> str:
        return self.at(2, 21)

    @property
    def meter(self) -> str:
        return self.at(2, 22)

    @property
    def old_switch(self) -> str:
        return self.at(2, 23)

    @property
    def behind_the_firewall(self) -> tuple[str, ...]:
        return (self.plc, self.hmi, self.panel, self.rtu, self.meter, self.old_switch)
