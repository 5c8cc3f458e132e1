"""
Ask a time server for the time, and for what it says of its own clock.

On the wire: one UDP datagram of 48 octets, client mode, whose transmit timestamp is a random number
that the answer must repeat; one answer.  Asked once, never again in the same visit; never the
control or private modes (6 and 7).
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from checks.facts.clocks import ClockReading
from checks.facts.ntp import NtpServer
from collectors.allowed import ntp as allowed
from collectors.errors import TimedOut, Unintelligible
from collectors.wire import Target, Wire

MOST_ANSWERS = 4
_DOING = "asking for the time"
_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_ERA = 1 << 32
_SERVER_MODE = 4


async def server(wire: Wire, target: Target) -> NtpServer:
    """
    What the server says; a kiss of death is a fact too.

    Raises `TimedOut` for silence, `Unintelligible` when only answers came that are not to our
    question or do not add up, and what `Wire.datagrams` raises.
    """
    nonce = secrets.token_bytes(7) + b"\1"
    seconds = wire.connect
    strange = ""
    async with wire.datagrams(target, cap=MOST_ANSWERS * 1_500) as datagrams:
        await datagrams.send(allowed.HEAD + nonce)
        try:
            async with wire.within(target, seconds):
                for _ in range(MOST_ANSWERS):
                    answer = await datagrams.receive()
                    started, wall = datagrams.spoke_at
                    took = wire.gate.now() - started
                    strange = _strange(answer, nonce)
                    if not strange:
                        return _told(answer, wall, took)
        except TimeoutError:
            if not strange:
                raise TimedOut(target, f"no answer within {seconds:g} s", _DOING) from None
    raise Unintelligible(target, strange, _DOING)


def _strange(answer: bytes, nonce: bytes) -> str:
    """
    Why this is no answer to us; empty when it is.

    Extension fields and a MAC may follow (RFC 5905, 7.3), in words of four octets.
    """
    if len(answer) < allowed.SIZE or len(answer) % 4:
        return f"an answer of {len(answer)} octets came"
    version, mode = answer[0] >> 3 & 7, answer[0] & 7
    if mode != _SERVER_MODE or not 1 <= version <= 4:
        return f"an answer of version {version}, mode {mode} came"
    if answer[24:32] != nonce:
        return "an answer to somebody else's question came"
    return ""


def _told(answer: bytes, wall: datetime, took: float) -> NtpServer:
    stratum = answer[1]
    corrected, received, transmitted = (
        int.from_bytes(answer[at : at + 8], "big") for at in (16, 32, 40)
    )
    kiss = stratum == 0
    age = (transmitted - corrected) % (1 << 64) if corrected and transmitted else None
    # More than half an era is a correction that lies in the future.
    aged = None if age is None or kiss or age >= 1 << 63 else _ms(age, 32)
    clock = None
    if not kiss and received and transmitted and (transmitted - received) % (1 << 64) < 1 << 63:
        middle = received + ((transmitted - received) % (1 << 64)) // 2
        ours = wall + timedelta(seconds=took / 2)
        clock = ClockReading(_moment(middle % (1 << 64), ours), ours, round(took * 1_000))
    return NtpServer(
        version=answer[0] >> 3 & 7,
        leap=answer[0] >> 6,
        stratum=stratum,
        reference=_reference(answer[12:16], stratum),
        root_delay_ms=_ms(int.from_bytes(answer[4:8], "big", signed=True), 16),
        root_dispersion_ms=_ms(int.from_bytes(answer[8:12], "big"), 16),
        reference_age_ms=aged,
        clock=clock,
    )


def _ms(fixed: int, bits: int) -> int:
    return round(fixed * 1_000 / (1 << bits))


def _moment(timestamp: int, near: datetime) -> datetime:
    """The era is the one that lies nearest to our own clock (RFC 5905, 6)."""
    seconds, fraction = timestamp >> 32, timestamp & 0xFFFFFFFF
    era = round(((near - _EPOCH).total_seconds() - seconds) / _ERA)
    return _EPOCH + timedelta(
        seconds=era * _ERA + seconds, microseconds=fraction * 1_000_000 // _ERA
    )


def _reference(octets: bytes, stratum: int) -> str:
    """A kiss code or a source's name up to stratum 1, above it an address (7.3)."""
    if stratum > 1:
        return str(IPv4Address(octets))
    return "".join(chr(o) for o in octets if 0x20 < o < 0x7F)
