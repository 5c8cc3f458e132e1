"""
Syslog lines as RFC 5424 has them, and their frames on a stream, pure.

A message has at most 2,048 octets, which every receiver over TLS must take (RFC 5425, 4.3.1).
"""

from __future__ import annotations

from datetime import UTC, datetime

LOG_AUDIT = 13
APPLICATION = "upheld"
MOST_OCTETS = 2_048
# RFC 5424, 7.3.1: it begins again at 1 after this.
MOST_SEQUENCE = 2_147_483_647

CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL = 2, 3, 4, 5, 6

_PARAMETER = str.maketrans({"\\": r"\\", '"': r"\"", "]": r"\]"})


def line(
    body: bytes,
    *,
    severity: int,
    at: datetime,
    host: str,
    kind: str,
    version: str,
    sequence: int | None = None,
    facility: int = LOG_AUDIT,
) -> bytes:
    """
    One message around a body that holds no control characters.

    `kind` is its MSGID; `sequence` counts its stream and shows gaps.  No byte order mark: readers
    of CEF look for it right behind the structured data.
    """
    meta = f'[meta sequenceId="{(sequence - 1) % MOST_SEQUENCE + 1}"]' if sequence else ""
    head = (
        f"<{facility * 8 + severity}>1 {stamp(at)} {host} {APPLICATION} - {kind} "
        f'[origin software="{APPLICATION}" swVersion="{parameter(version)}"]{meta} '
    )
    return head.encode("ascii") + body


def stamp(at: datetime) -> str:
    """UTC to the millisecond."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def parameter(text: str) -> str:
    """A value in structured data, between its quotes."""
    return text.translate(_PARAMETER)


def framed(message: bytes) -> bytes:
    """Octet counting (RFC 5425, 4.3; RFC 6587, 3.4.1): nothing inside can end the frame."""
    return b"%d %s" % (len(message), message)
