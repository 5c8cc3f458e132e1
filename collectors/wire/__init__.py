"""
The only package that opens sockets to devices.

Every connection has a deadline, a byte cap and a packet cap, leaves from its vantage's source
address and from a port of a known range, waits for its device's pace, is asked for beforehand and
accounted for afterwards.  Connections are closed by draining, because an unread answer would make
the kernel send a reset, which devices log as a fault.
"""

from collectors.wire.datagrams import Datagrams
from collectors.wire.gate import Gate
from collectors.wire.link import DRAIN_SECONDS
from collectors.wire.metered import Metered
from collectors.wire.sources import SOURCE_PORTS
from collectors.wire.stopping import Connections
from collectors.wire.stream import Stream
from collectors.wire.target import Target
from collectors.wire.wire import MOST_PACKETS, PLAIN_CAP, SECURE_CAP, Wire

__all__ = [
    "DRAIN_SECONDS",
    "MOST_PACKETS",
    "PLAIN_CAP",
    "SECURE_CAP",
    "SOURCE_PORTS",
    "Connections",
    "Datagrams",
    "Gate",
    "Metered",
    "Stream",
    "Target",
    "Wire",
]
