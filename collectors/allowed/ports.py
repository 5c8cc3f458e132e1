"""
The two built-in lists of ports: data, and why each stands there.

A connection alone can do harm on the first: a raw serial server gives its line to whoever
connects, a printer prints what it hears or waits for.  On the second a byte can.
"""

from __future__ import annotations

TCP, UDP = "tcp", "udp"

# Transports, first and last port, why.
NEVER_CONNECT: tuple[tuple[tuple[str, ...], int, int, str], ...] = (
    ((TCP,), 9100, 9107, "a raw printer port: it prints whatever it hears"),
    ((TCP,), 515, 515, "a print queue"),
    ((TCP,), 631, 631, "a print queue"),
    ((TCP,), 950, 966, "a raw serial server: a connection can take its serial line away"),
    ((TCP,), 4001, 4032, "a raw serial server: a connection can take its serial line away"),
    ((UDP,), 47808, 47808, "BACnet/IP: it answers by broadcast"),
    ((UDP,), 2222, 2222, "CIP I/O: process data"),
    ((TCP, UDP), 34962, 34964, "PROFINET: process data and its set-up"),
    ((TCP, UDP), 1089, 1091, "Foundation Fieldbus HSE: process data"),
    ((UDP,), 69, 69, "TFTP: firmware and configuration, without a login"),
)

CONNECT_ONLY: tuple[tuple[tuple[str, ...], int, str], ...] = (
    ((TCP,), 102, "S7"),
    ((TCP, UDP), 44818, "EtherNet/IP"),
    ((TCP, UDP), 20000, "DNP3"),
    ((TCP,), 2404, "IEC 60870-5-104"),
    ((TCP,), 1911, "Fox"),
    ((TCP,), 4911, "Fox over TLS"),
    ((TCP,), 5007, "MELSEC"),
    ((TCP, UDP), 9600, "FINS"),
)


def never_connect(transport: str, port: int) -> str | None:
    """Why a port is never connected to, or None when it may be."""
    for transports, first, last, why in NEVER_CONNECT:
        if transport in transports and first <= port <= last:
            return why
    return None


def connect_only(transport: str, port: int) -> str | None:
    """The protocol whose port this is, which no byte is ever sent to, or None."""
    for transports, number, name in CONNECT_ONLY:
        if transport in transports and port == number:
            return name
    return None
