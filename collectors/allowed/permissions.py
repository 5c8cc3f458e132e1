"""What one target permits beyond what its protocol permits everywhere; nothing by itself."""

from __future__ import annotations

from dataclasses import dataclass

OPCUA_SESSION_MS = 30_000


@dataclass(frozen=True)
class Span:
    """Modbus data the inventory declares: `table` is coil, discrete, input or holding."""

    table: str
    address: int
    count: int = 1


@dataclass(frozen=True)
class Permissions:
    """
    What the inventory and the device's class permit to be said to one target.

    `unit` is the declared Modbus unit, `registers` the declared data; `report_server_id` permits
    function 17, for a device profile that asks for it.  `session_ms` is the longest OPC UA session
    to ask for, `browse` holds the node ids that may be browsed.  `bulk` permits SNMP GetBulk.
    `paths` are the declared HTTP paths.
    """

    unit: int | None = None
    registers: tuple[Span, ...] = ()
    report_server_id: bool = False
    session_ms: int = OPCUA_SESSION_MS
    browse: frozenset[str] = frozenset()
    bulk: bool = False
    paths: frozenset[str] = frozenset()
