"""Who a device says it is, at the places its family's profile names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checks.facts.observation import Facts


@dataclass(frozen=True)
class FirmwarePart:
    """
    One of the several programs in a device; `version` empty: not found.

    `judged`: it is what runs, as against a boot loader or a backup beside it.
    """

    name: str
    version: str
    judged: bool = True


@dataclass(frozen=True)
class SnmpIdentity(Facts):
    """
    What the device profile found; empty strings: not found, never a guess.

    `profile` is empty when no profile fits the agent, and then all else is.  `firmware` holds
    every part the profile names.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    profile: str
    vendor: str
    product: str
    order_number: str
    serial: str
    firmware: tuple[FirmwarePart, ...]
