"""Devices of a small plant, started in a namespace: python -m tests.net.plant modbus=10.0.0.1 ..."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import AsyncExitStack

from cryptography.hazmat.primitives import hashes

from tests.devices.opcua_server import identity, opcua_server
from tests.devices.snmp_peers import Peer, mib

BASIC = bytes.fromhex("2b0e0101000003")
TEXTS = b"".join(bytes([n, len(t)]) + t for n, t in enumerate((b"Example", b"RTU-1", b"V2.4")))
SYSTEM = {
    "1.3.6.1.2.1.1.1.0": b"\x04\x06switch",
    "1.3.6.1.2.1.1.2.0": b"\x06\x03\x2b\x06\x01",
    "1.3.6.1.2.1.1.3.0": b"\x43\x01\x05",
    "1.3.6.1.2.1.1.5.0": b"\x04\x04sw-1",
    "1.3.6.1.2.1.2.2.1.6.1": b"\x04\x06\x02\x00\x00\x00\x00\x23",
}


async def modbus(reader, writer):
    """Identifies itself; closes when we do."""
    try:
        while header := await reader.readexactly(7):
            await reader.readexactly(int.from_bytes(header[4:6], "big") - 1)
            pdu = BASIC + TEXTS
            writer.write(header[:4] + (len(pdu) + 1).to_bytes(2, "big") + header[6:7] + pdu)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def greeting(reader, writer):
    """Says something nobody asked for, and closes when we do."""
    writer.write(b"220 ready\r\n")
    await reader.read()
    writer.close()


async def tarpit(reader, writer):
    """Never answers and never closes."""
    await asyncio.sleep(3_600)


async def main(addresses):
    logging.disable(logging.CRITICAL)
    said = {}
    async with AsyncExitStack() as stack:
        for name, address in addresses.items():
            kind = name.rstrip("0123456789")
            if kind in ("modbus", "greeting", "tarpit", "deaf"):
                behaviour = {
                    "modbus": modbus,
                    "greeting": greeting,
                    "tarpit": tarpit,
                    "deaf": tarpit,
                }[kind]
                await asyncio.start_server(behaviour, address, 502)
            elif kind == "snmp":
                await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: Peer(mib(SYSTEM)), local_addr=(address, 161)
                )
            elif kind == "secure":
                certificate, key = identity("Line 1", "urn:line")
                said[name] = certificate.fingerprint(hashes.SHA256()).hex()
                await stack.enter_async_context(
                    opcua_server(secured=(certificate, key), address=address, port=4840)
                )
            elif kind == "opcua":
                await stack.enter_async_context(opcua_server(address=address, port=4840))
        sys.stdout.write(" ".join(["ready", *(f"{n}={v}" for n, v in said.items())]) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(dict(word.split("=", 1) for word in sys.argv[1:])))
