"""What SNMP values mean to us: pure."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

from collectors.snmp_client import Value

# SNMPv2-TC: DisplayString and SnmpAdminString hold at most 255 octets.
TEXT_LIMIT = 255


def text(value: Value | None) -> str:
    """One printable line; empty for None.  Control characters become a space, NULs vanish."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value[:TEXT_LIMIT].replace(b"\0", b"")
        try:
            words = value.decode()
        except UnicodeDecodeError:
            words = value.decode("latin-1")
    else:
        words = str(value)
    clean = "".join(" " if unicodedata.category(c).startswith("C") else c for c in words)
    return " ".join(clean.split())


def mac(value: Value) -> str:
    """Lower case with colons; empty for what is no Ethernet address."""
    if not isinstance(value, bytes) or len(value) != 6 or not any(value):
        return ""
    return value.hex(":")


def date_and_time(value: Value | None) -> datetime | None:
    """
    DateAndTime (SNMPv2-TC) as UTC; None when it is absent, malformed or has no zone.

    Without a zone it is local time of an unknown place, which cannot be laid beside our clock.
    """
    if not isinstance(value, bytes) or len(value) != 11 or value[8:9] not in (b"+", b"-"):
        return None
    offset = timedelta(hours=value[9], minutes=value[10])
    if value[7] > 9 or value[9] > 14 or value[10] > 59:
        return None
    try:
        local = datetime(
            int.from_bytes(value[:2], "big"),
            value[2],
            value[3],
            value[4],
            value[5],
            min(value[6], 59),  # 60 is a leap second
            value[7] * 100_000,
            tzinfo=UTC,
        )
        return local - offset if value[8:9] == b"+" else local + offset
    except (ValueError, OverflowError):
        return None


def longest_prefix(oid: str, by_prefix: dict[str, str]) -> str | None:
    """What belongs to the longest of these OIDs that is `oid` or a parent of it."""
    fitting = [p for p in by_prefix if f"{oid}.".startswith(f"{p.strip('.')}.")]
    return by_prefix[max(fitting, key=lambda p: len(p.strip(".")))] if fitting else None
