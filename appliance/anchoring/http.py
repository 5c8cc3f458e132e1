"""One HTTP request in a thread nobody waits for: short, capped, following nothing."""

from __future__ import annotations

import asyncio
import http.client
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from appliance.site.logins import FileReference
from appliance.site.secrets import SecretError, Secrets

WITHIN = 10.0
LONGEST = 64 * 1024


class Failed(Exception):
    """What was asked of an anchor did not come: which address, what happened."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Server:
    """Where to ask; `ca` is the PEM of who may have signed its certificate, None: the system's."""

    url: str
    ca: bytes | None = None

    @classmethod
    def stated(cls, url: str, ca: FileReference | None, secrets: Secrets) -> Server:
        """Raises `SecretError` for a CA that cannot be read, `ssl.SSLError` for one that is none."""
        server = cls(url.rstrip("/"), secrets.bytes(ca) if ca else None)
        server.context()
        return server

    def context(self) -> ssl.SSLContext | None:
        if not self.url.startswith("https:"):
            return None
        try:
            authority = self.ca.decode("ascii") if self.ca is not None else None
        except UnicodeDecodeError:
            raise SecretError(f"the CA of {self.url} is no PEM file") from None
        context = ssl.create_default_context(cadata=authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def ask(
        self,
        method: str,
        path: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        within: float = WITHIN,
    ) -> Answer:
        """Raises `Failed`; may be cancelled at any moment."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        connection = self._connection(within)

        def settle(answer: Answer | None, why: str) -> None:
            if future.done():
                return
            if answer is None:
                future.set_exception(Failed(f"{self.url}: {why}"))
            else:
                future.set_result(answer)

        def thread() -> None:
            answer, why = None, ""
            try:
                answer = self._asked(connection, method, path, body, headers or {})
            except (OSError, http.client.HTTPException, ValueError) as error:
                why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            finally:
                connection.close()
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, answer, why)

        threading.Thread(target=thread, name="anchor", daemon=True).start()
        try:
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            raise Failed(f"{self.url}: no whole answer within {within:g} s") from None
        finally:
            # A server that drips would else keep the thread for ever.
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(2)

    def _connection(self, within: float) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        context = self.context()
        if context is None:
            return http.client.HTTPConnection(host, port, timeout=within)
        return http.client.HTTPSConnection(host, port, timeout=within, context=context)

    def _asked(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        connection.request(method, (urlsplit(self.url).path + path) or "/", body, dict(headers))
        response = connection.getresponse()
        content = response.read(LONGEST + 1)
        if len(content) > LONGEST:
            raise ValueError(f"the answer is longer than {LONGEST} octets")
        return Answer(response.status, content)
