"""
Ports the kernel must not give to a test's own device.

A device of ours listens where the kernel says.  Once in some hundred runs that was a port of the
lists in `collectors.allowed.ports`, where a site with that device is rightly refused.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from collectors.allowed import connect_only, never_connect

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def listed() -> Iterator[tuple[str, int]]:
    """Transport and number of each listed port that the kernel could give away."""
    text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
    first, last = map(int, text.split())
    for transport in KINDS:
        for number in range(first, last + 1):
            if never_connect(transport, number) or connect_only(transport, number):
                yield transport, number


@contextlib.contextmanager
def listed_ports() -> Iterator[None]:
    """Nothing listens on them: bound without listening, by every worker, they are not free."""
    with contextlib.ExitStack() as stack:
        for transport, number in listed():
            bound = stack.enter_context(socket.socket(socket.AF_INET, KINDS[transport]))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(("0.0.0.0", number))
        yield
