"""Who stands at a device's address and is not the device: all that reaches him is kept."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

from asyncua.crypto.permission_rules import User, UserRole

ADDRESS = "127.70.0.1"


class Overheard:
    """Octets as they came, and what was in them once our peer had decrypted it."""

    def __init__(self) -> None:
        self.octets = bytearray()
        self.logins: list[tuple[str | None, str | None]] = []

    def get_user(self, iserver, username=None, password=None, certificate=None):
        """asyncua's user manager for somebody who lets everybody in."""
        self.logins.append((username, password))
        return User(role=UserRole.User)

    def holds(self, secret: str | bytes) -> list[str]:
        """The forms of the secret that are in it."""
        heard = bytes(self.octets) + repr(self.logins).encode()
        return [form for form, octets in forms(secret).items() if octets in heard]


def forms(secret: str | bytes) -> dict[str, bytes]:
    """How a secret may be written."""
    raw = secret.encode() if isinstance(secret, str) else secret
    found = {
        "as it is": raw,
        "reversed": raw[::-1],
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "URL": quote(raw, safe="").encode(),
        "MD5": hashlib.md5(raw, usedforsecurity=False).digest(),
        "SHA-1": hashlib.sha1(raw, usedforsecurity=False).digest(),
        "SHA-256": hashlib.sha256(raw).digest(),
    }
    for shift in range(3):
        # Base64 of a secret in the middle of something depends on where it begins.
        coded = base64.b64encode(b"\0" * shift + raw)
        found[f"base64, {shift} further on"] = coded[(0, 2, 3)[shift] : len(coded) // 4 * 4 - 4]
    with suppress(UnicodeDecodeError):
        for coding in ("utf-16-le", "utf-16-be"):
            found[coding] = raw.decode().encode(coding)
    return found


@asynccontextmanager
async def listening_in(port: int, heard: Overheard):
    """A port that passes everything on to `port` and keeps what the client says."""
    tasks: set[asyncio.Task[None]] = set()

    async def one_way(reader, writer, keep):
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                if keep:
                    heard.octets += data
                writer.write(data)
        writer.close()

    async def behaviour(reader, writer):
        tasks.add(asyncio.current_task())
        inwards, outwards = await asyncio.open_connection(ADDRESS, port)
        await asyncio.gather(one_way(reader, outwards, True), one_way(inwards, writer, False))

    server = await asyncio.start_server(behaviour, ADDRESS, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*tasks)


@asynccontextmanager
async def web(certificate: str, key: str, heard: Overheard):
    """An HTTPS server that keeps what was said inside of the encryption."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def behaviour(reader, writer):
        with suppress(ConnectionError, ssl.SSLError):
            while data := await reader.read(65_536):
                heard.octets += data
                writer.write(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n")
                writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
                break
        writer.close()

    server = await asyncio.start_server(behaviour, ADDRESS, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
