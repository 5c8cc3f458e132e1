"""The small words of a configuration: ports, durations, addresses, windows.  Each says what to write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema


class Strict(BaseModel):
    """Frozen, and an unknown key is an error: a misspelt key must not silently mean its default."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


@dataclass(frozen=True, order=True)
class Port:
    """A transport ("tcp" or "udp") and a port number 1..65535, written `tcp/4840`."""

    transport: str
    number: int

    @classmethod
    def parse(cls, text: object) -> Port:
        """Raises `ValueError` saying what to write."""
        if isinstance(text, Port):
            return text
        match = (
            re.fullmatch(r"(tcp|udp)/([1-9][0-9]{0,4})", text, re.ASCII)
            if isinstance(text, str)
            else None
        )
        if match is None or int(match[2]) > 65535:
            raise ValueError("write tcp/NUMBER or udp/NUMBER with a number from 1 to 65535")
        return cls(match[1], int(match[2]))

    @property
    def id(self) -> str:
        """As a service is called: `tcp-4840`."""
        return f"{self.transport}-{self.number}"

    def __str__(self) -> str:
        return f"{self.transport}/{self.number}"


@dataclass(frozen=True)
class ControlHost:
    """A host that must answer in every run, written `tcp/10.10.10.20:443` or `tcp/[fd00::1]:443`."""

    port: Port
    address: str

    @classmethod
    def parse(cls, text: object) -> ControlHost:
        """Raises `ValueError` saying what to write."""
        if isinstance(text, ControlHost):
            return text
        match = (
            re.fullmatch(r"(tcp|udp)/(\[[^]]+\]|[^:\[\]]+):([0-9]+)", text)
            if isinstance(text, str)
            else None
        )
        if match is None:
            raise ValueError("write tcp/ADDRESS:PORT, such as tcp/10.10.10.20:443")
        return cls(Port.parse(f"{match[1]}/{match[3]}"), address(match[2].strip("[]")))

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.port.transport}/{host}:{self.port.number}"


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LONGEST = timedelta(days=3_660)


def duration(value: object) -> timedelta:
    """`30s`, `15m`, `24h`, `7d` as a timedelta.  Raises `ValueError` saying what to write."""
    if isinstance(value, timedelta):
        return value
    match = (
        re.fullmatch(r"([1-9][0-9]{0,9})([smhd])", value, re.ASCII)
        if isinstance(value, str)
        else None
    )
    if match is None:
        raise ValueError("write a whole number and a unit, such as 30s, 15m, 24h or 7d")
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST.total_seconds():
        raise ValueError("write a duration of at most ten years (3660d)")
    return timedelta(seconds=seconds)


def written(value: timedelta) -> str:
    """A duration as `duration` reads it, in the largest unit that fits."""
    seconds = int(value.total_seconds())
    unit = next(u for u in ("d", "h", "m", "s") if seconds % _UNITS[u] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def address(value: object) -> str:
    """An IP address of one host in its shortest form.  Raises `ValueError` saying what to write."""
    if not isinstance(value, str):
        raise ValueError("write an IP address, such as 10.10.20.11")  # noqa: TRY004 - pydantic's way
    try:
        found = ip_address(value)
    except ValueError:
        raise ValueError(
            "write an IP address, such as 10.10.20.11; names are not looked up"
        ) from None
    if isinstance(found, IPv6Address) and (found.ipv4_mapped or found.scope_id):
        raise ValueError("write a plain IPv4 or IPv6 address, without a mapping or a scope")
    if found.is_multicast or found.is_unspecified or str(found) == "255.255.255.255":
        raise ValueError("write the address of one host, not a multicast or broadcast address")
    return str(found)


def network(value: object) -> str:
    """A network such as 10.10.20.0/24.  Raises `ValueError` saying what to write."""
    if not isinstance(value, str) or "/" not in value:
        raise ValueError("write a network with its prefix length, such as 10.10.20.0/24")
    try:
        return str(ip_network(value))
    except ValueError as error:
        if "host bits" in str(error):
            raise ValueError(f"write {ip_network(value, strict=False)}") from None
        raise ValueError("write a network with its prefix length, such as 10.10.20.0/24") from None


def mac(value: object) -> str:
    """A MAC address in lower case with colons; empty stays empty.  Raises `ValueError`."""
    if value == "":
        return ""
    digits = re.sub(r"[:.-]", "", value).lower() if isinstance(value, str) else ""
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise ValueError("write a MAC address in quotes, such as '00:1b:1b:00:00:01'")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def fingerprint(value: object) -> str:
    """A certificate's SHA-256 as 64 hex digits, colons allowed.  Raises `ValueError`."""
    digits = value.replace(":", "").lower() if isinstance(value, str) else ""
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("write the certificate's SHA-256 as 64 hex digits")
    return digits


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Window:
    """
    A weekly window in the site's own time, written `Mon 06:00-08:00`, `Mon-Fri 22:00-06:00`
    or `daily 12:00-13:00`; one that ends before it starts runs into the next day.
    """

    days: tuple[int, ...]
    starts: time
    ends: time
    text: str

    @classmethod
    def parse(cls, text: object) -> Window:
        """Raises `ValueError` saying what to write."""
        if isinstance(text, Window):
            return text
        clock = r"([01][0-9]|2[0-3]):([0-5][0-9])"
        pattern = rf"(\w+)(?:-(\w+))? {clock}-{clock}"
        match = re.fullmatch(pattern, text, re.ASCII) if isinstance(text, str) else None
        days = _days(match[1].lower(), (match[2] or "").lower()) if match else ()
        if match is None or not days or match.groups()[2:4] == match.groups()[4:6]:
            raise ValueError(
                "write a window such as Mon 06:00-08:00, Mon-Fri 22:00-06:00, daily 12:00-13:00"
            )
        starts, ends = time(int(match[3]), int(match[4])), time(int(match[5]), int(match[6]))
        return cls(days, starts, ends, str(text))

    def covers(self, local: datetime) -> bool:
        """Whether a moment, in the site's own time, lies in the window."""
        now, today = local.time().replace(tzinfo=None), local.weekday()
        if self.starts < self.ends:
            return today in self.days and self.starts <= now < self.ends
        yesterday = (today - 1) % 7
        return (today in self.days and now >= self.starts) or (
            yesterday in self.days and now < self.ends
        )

    def __str__(self) -> str:
        return self.text


def _days(first: str, last: str) -> tuple[int, ...]:
    if first == "daily" and not last:
        return tuple(range(7))
    if first not in _DAYS or (last and last not in _DAYS):
        return ()
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return tuple((start + i) % 7 for i in range((end - start) % 7 + 1))


def absolute(value: object) -> str:
    """A path that does not depend on where we stand.  Raises `ValueError` saying what to write."""
    plain = isinstance(value, str) and value.isprintable() and len(value) <= 500
    if not isinstance(value, str) or not plain or not re.fullmatch(r"/[^/].*", value):
        raise ValueError("write an absolute path, such as /run/plant/blackout")
    return value


NOBODYS_OWN = frozenset({"admin", "administrator", "operator", "engineer", "root", "hmi"})
"""Accounts people or machines work with; what we do under them could not be told apart."""


def login_name(value: object) -> str:
    """A user of our own on a device.  Raises `ValueError` saying what to write."""
    if not isinstance(value, str) or not value.strip() or len(value) > 255:
        raise ValueError("write the name of a user, at most 255 characters")
    if value.strip().lower() in NOBODYS_OWN:
        raise ValueError(
            "write a dedicated account for monitoring, with the right to read only; "
            "a shared one locks people out when its password is wrong here"
        )
    return value


def _schema(description: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, **more})


def name(value: object) -> str:
    """An id.  Raises `ValueError` saying what to write."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9-]{1,63}", value):
        raise ValueError("write an id of lower-case letters, digits and hyphens, at most 63")
    return value


Id = Annotated[
    str,
    PlainValidator(name),
    _schema("An id, unique per kind.", pattern="^[a-z0-9-]{1,63}$"),
]
PortText = Annotated[
    Port,
    PlainValidator(Port.parse),
    PlainSerializer(str),
    _schema("Transport and port.", pattern="^(tcp|udp)/[1-9][0-9]{0,4}$"),
]
ControlText = Annotated[
    ControlHost,
    PlainValidator(ControlHost.parse),
    PlainSerializer(str),
    _schema("A host that must answer in every run, such as tcp/10.10.10.20:443."),
]
Duration = Annotated[
    timedelta,
    PlainValidator(duration),
    PlainSerializer(written),
    _schema("A duration: 30s, 15m, 24h, 7d.", pattern="^[1-9][0-9]*[smhd]$"),
]
Address = Annotated[str, PlainValidator(address), _schema("An IP address; never a name.")]
Network = Annotated[str, PlainValidator(network), _schema("A network, such as 10.10.20.0/24.")]
AbsolutePath = Annotated[
    str, PlainValidator(absolute), _schema("An absolute path.", pattern="^/[^/]")
]
LoginName = Annotated[
    str, PlainValidator(login_name), _schema("A dedicated user, never a shared account.")
]
Mac = Annotated[str, PlainValidator(mac), _schema("A MAC address.")]
Sha256 = Annotated[str, PlainValidator(fingerprint), _schema("64 hex digits.")]
WindowText = Annotated[
    Window, PlainValidator(Window.parse), PlainSerializer(str), _schema("Such as Mon 06:00-08:00.")
]
