"""What a Modbus unit says it is (function 43, MEI type 14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checks.facts.observation import Facts


@dataclass(frozen=True)
class ModbusIdentity(Facts):
    """
    Device identification, texts cleaned of padding.

    `supported` is False when the device answered with exception 01, 02 or 03: it is there and
    alive, but does not identify itself; the texts are then empty and `exception` holds the code.
    """

    protocols: ClassVar[tuple[str, ...]] = ("modbus", "modbus-tls")

    unit: int
    supported: bool
    exception: int | None = None
    conformity: int = 0
    vendor: str = ""
    product_code: str = ""
    revision: str = ""
    url: str = ""
    product_name: str = ""
    model: str = ""


@dataclass(frozen=True)
class ModbusServerId(Facts):
    """
    The answer to function 17; asked only where a device profile says it is safe.

    `running` is None when the run byte is neither 0x00 nor 0xFF.  `exception` as above.
    """

    protocols: ClassVar[tuple[str, ...]] = ("modbus", "modbus-tls")

    unit: int
    id: str
    """The id bytes in hex."""
    text: str
    running: bool | None
    exception: int | None = None


@dataclass(frozen=True)
class RegisterRead:
    """One declared range as read; `exception` holds the code when the device refused it."""

    table: str
    address: int
    values: tuple[int, ...]
    exception: int | None = None


@dataclass(frozen=True)
class ModbusRegisters(Facts):
    """Every declared range, in the order declared."""

    protocols: ClassVar[tuple[str, ...]] = ("modbus", "modbus-tls")

    unit: int
    reads: tuple[RegisterRead, ...]
