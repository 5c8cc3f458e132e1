"""
Small peers for the services the plant in a box has none of, to count what we send to such.

They answer as the protocol's documents say and no more; TLS is Python's own, over OpenSSL.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from appliance.demo.alarms import Alarms
from appliance.demo.identities import identity
from appliance.demo.tcp_device import Conversation, panel
from collectors.ssh_packets import length_of, mpint, packet, payload_of, string

FTP, TELNET, VNC, SSH, MQTT, HTTPS, NTP = 2121, 2332, 5910, 2222, 1883, 8444, 1123
HOST, WEB = "host-1", "web-1"
_LISTS = (
    b"curve25519-sha256", b"ssh-ed25519", b"aes128-ctr", b"aes128-ctr", b"hmac-sha2-256",
    b"hmac-sha2-256", b"none", b"none", b"", b"",
)  # fmt: skip
_KEXINIT = b"\x14" + bytes(16) + b"".join(map(string, _LISTS)) + bytes(5)
_IDENTIFICATION = b"SSH-2.0-Example_1"


def assets(host: str, web: str) -> str:
    """
    Their part of a configuration, by the addresses of both.

    HTTPS stands on a host of its own: its handshakes are more than one visit's allowance.
    """
    others = [(FTP, "ftp"), (TELNET, "telnet"), (VNC, "vnc"), (SSH, "ssh"), (MQTT, "mqtt")]
    services = [f"{{port: tcp/{port}, protocol: {spoken}}}" for port, spoken in others]
    services.append(f"{{port: udp/{NTP}, protocol: ntp}}")
    web_service = f"{{port: tcp/{HTTPS}, protocol: https, paths: [/]}}"
    return "assets:\n" + _asset(HOST, host, services) + _asset(WEB, web, [web_service])


def _asset(name: str, address: str, services: list[str]) -> str:
    head = f"id: {name}, zone: dmz, address: {address}, role: server, probing: robust, every: 5s"
    return f"  - {{{head}, services: [{', '.join(services)}]}}\n"


@asynccontextmanager
async def serving(folder: Path, host: str, web: str) -> AsyncIterator[None]:
    """All of them at these addresses.  Raises `OSError` when one is taken."""
    own = identity(folder / "plant", WEB, web)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(own.certificate, own.key)
    page = panel(WEB, Alarms(folder / "alarms.log"))
    listening: list[tuple[str, int, Conversation, ssl.SSLContext | None]] = [
        (host, FTP, _ftp, None),
        (host, TELNET, _telnet, None),
        (host, VNC, _vnc, None),
        (host, SSH, _ssh, None),
        (host, MQTT, _mqtt, None),
        (web, HTTPS, page, tls),
    ]
    async with AsyncExitStack() as stack:
        for address, port, conversation, secured in listening:
            server = await asyncio.start_server(_ending(conversation), address, port, ssl=secured)
            await stack.enter_async_context(server)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            _Time, local_addr=(host, NTP)
        )
        stack.callback(transport.close)
        yield


def _ending(conversation: Conversation) -> Conversation:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await conversation(reader, writer)
        writer.close()

    return converse


async def _ftp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    replies = {
        b"AUTH": b"502 Not implemented.\r\n",
        b"USER": b"331 Password required.\r\n",
        b"PASS": b"530 Login incorrect.\r\n",
        b"QUIT": b"221 Goodbye.\r\n",
    }
    writer.write(b"220 Example FTP\r\n")
    while line := await reader.readline():
        writer.write(replies.get(line[:4], b"500 Unknown.\r\n"))
        if line.startswith(b"QUIT"):
            return


async def _telnet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\xff\xfd\x18\xff\xfb\x01Example\r\nlogin: ")
    await reader.read()


async def _vnc(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"RFB 003.008\n")
    await reader.readexactly(12)
    writer.write(b"\x01\x02")
    await reader.read()


async def _mqtt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # CONNECT, whose remaining length fits one octet; CONNACK: accepted.
    await reader.readexactly((await reader.readexactly(2))[1])
    writer.write(b"\x20\x02\x00\x00")
    await reader.read()


async def _ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_IDENTIFICATION + b"\r\n")
    theirs = (await reader.readline()).rstrip(b"\r\n")
    writer.write(packet(_KEXINIT))
    proposed = await _payload(reader)
    if proposed[:1] == b"\x14":
        writer.write(packet(_signed(theirs, proposed, await _payload(reader))))
    await reader.read()


async def _payload(reader: asyncio.StreamReader) -> bytes:
    return payload_of(await reader.readexactly(length_of(await reader.readexactly(4))))


def _signed(theirs: bytes, proposed: bytes, opening: bytes) -> bytes:
    """The reply to the opening of a curve25519 exchange (RFC 8731, 3)."""
    key, mine = ed25519.Ed25519PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    blob = string(b"ssh-ed25519") + string(key.public_key().public_bytes_raw())
    value = mine.public_key().public_bytes_raw()
    shared = mine.exchange(x25519.X25519PublicKey.from_public_bytes(opening[5:]))
    parts = (theirs, _IDENTIFICATION, proposed, _KEXINIT, blob, opening[5:], value)
    told = b"".join(map(string, parts)) + mpint(int.from_bytes(shared, "big"))
    signature = string(b"ssh-ed25519") + string(key.sign(hashlib.sha256(told).digest()))
    return b"\x1f" + string(blob) + string(value) + string(signature)


class _Time(asyncio.DatagramProtocol):
    """Stratum 1 at the beginning of its era: the answer needs no true time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python's own selector transport is no subclass of what its documents name.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        moment = (1).to_bytes(8, "big")
        answer = b"\x24\x01\x06\xec" + bytes(8) + b"GPS\0" + moment
        self._transport.sendto(answer + data[40:48] + moment + moment, addr)
