"""
Octets that are no answer: other protocols', broken ones of our own, and recorded ones.

The recordings are read from the folder UPHELD_SHARED names, where there is one.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from tests.acceptance.captures import replies

# Each begins as its protocol does and then breaks one of its rules.
MALFORMED = tuple(
    bytes.fromhex(octets)
    for octets in (
        # Modbus TCP: a length of 0, of 65,535, of a request, another protocol's number.
        "000100000000",
        "00010000ffff01 2b0e01",
        "0001000000020103",
        "000100010003 0183 02",
        "0001000000ff012b0e0101ffff" + "00ff" * 40,
        # OPC UA: 2 GiB announced, 4 GiB, less than a header, an intermediate chunk without an end.
        "4d534746 ffffff7f 0000",
        "4f504e46 ffffffff",
        "41434b46 07000000",
        "4d534743 20000000 01000000 01000000 02000000 02000000 ffffffff ffffffff",
        "45525246 10000000 00000080 ffffffff",
        "45525246 10000000 00000080 ffffff7f",
        # SNMP: indefinite length, length of lengths 127, an OID arc that never ends, a NULL request id.
        "3080020101",
        "30ff" + "ff" * 64,
        "3082ffff0201010406",
        "302902010104067075626c6963a21c02047fffffff0201000201003010300e0608" + "ff" * 8 + "0500",
        "3026020101040670 75626c6963a2190500020100020100300e300c06082b060102010101000500",
        # TLS: an alert of one octet, a record of 65,535, a ServerHello of nothing, SSL 2.
        "15030100010a",
        "160303ffff02",
        "160303000402000000",
        "1603030028020000240303" + "00" * 32 + "ff",
        "800901000200000003",
        # SSH: no line end, a packet of 4 GiB, padding longer than the packet, empty lists.
        "5353482d322e302d" + "41" * 300,
        "5353482d322e302d410d0affffffff",
        "5353482d322e302d410d0a0000000cff14" + "00" * 11,
        "5353482d322e302d410d0a0000004404 14" + "00" * 66,
        # HTTP: two lengths, a negative one, a chunk of 2^64, folded headers, no end of line.
        (
            "485454502f312e3120323030204f4b0d0a436f6e74656e742d4c656e6774683a20310d0a"
            "436f6e74656e742d4c656e6774683a20320d0a0d0a61"
        ),
        "485454502f312e3120323030204f4b0d0a436f6e74656e742d4c656e6774683a202d310d0a0d0a",
        (
            "485454502f312e3120323030204f4b0d0a5472616e736665722d456e636f64696e673a206368756e6b65640d0a"
            "0d0a66666666666666666666666666666666310d0a"
        ),
        "485454502f392e392039393939390d0a0d0a",
        # FTP without a code, telnet in the middle of a command, RFB 999, a CONNACK of 2^28.
        "323220726561647 90d0a".replace(" ", ""),
        "fffa18006c696e6578",
        "ff",
        "524642203939392e3939390a",
        "20ffffff7f0000",
        "200200ff",
        # NTP: modes 6 and 7, 47 octets.
        "1602000100000000" + "00" * 40,
        "97000327" + "00" * 44,
        "24" * 47,
        "00",
        "ff" * 70_000,
    )
)


@lru_cache
def foreign(captures: tuple[str, int, int] | None) -> tuple[bytes, ...]:
    """The malformed ones, and what servers sent in the recordings of that folder."""
    shared = os.environ.get("UPHELD_SHARED")
    if not shared or captures is None:
        return MALFORMED
    folder, port, transport = captures
    files = sorted((Path(shared) / "data" / "pcap" / folder).glob("*.pcap*"))
    recorded = {part for file in files for part in replies(file, port, transport)}
    return (*MALFORMED, *sorted(recorded))
