"""An OPC UA server that keeps the session of a client that vanished until its time is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from asyncua import ua

from tests.devices.opcua_raw import Script, endpoint

# Small servers look for dead sessions now and then only.
SWEEP_SECONDS = 25.0
STAGES = ("CreateSessionRequest", "ActivateSessionRequest", "ReadRequest", "CloseSessionRequest")


@dataclass(eq=False)
class Keeping:
    """
    `clock` is the time its sessions end by.

    It falls silent at the `nth` request of the name `stage`; `stuck` is set when it did, and every
    session that was ever open at the same time as another counts in `most`.
    """

    clock: object
    address: str
    port: int = 0
    stage: str = ""
    nth: int = 1
    stuck: asyncio.Event = field(default_factory=asyncio.Event)
    most: int = 0
    created: int = 0
    _open: dict[int, float] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)

    def falls_silent(self, stage: str, nth: int) -> None:
        self.stage, self.nth = stage, nth
        self.stuck.clear()
        self._seen.clear()

    @property
    def kept(self) -> int:
        now = self.clock.monotonic()
        self._open = {s: until for s, until in self._open.items() if until > now}
        return len(self._open)

    async def start(self, port: int = 0) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, self.address, port)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader, writer) -> None:
        answers = {stage: self._answering(stage) for stage in STAGES}
        try:
            await Script(answers)(reader, writer)
        except (ConnectionError, TypeError):
            # The client was killed.
            pass
        finally:
            writer.close()

    def _answering(self, stage):
        def answer(request):
            made = getattr(ua, stage.replace("Request", "Response"))()
            if stage == "CreateSessionRequest":
                self._create(request, made)
            self._seen[stage] = self._seen.get(stage, 0) + 1
            if stage == self.stage and self._seen[stage] == self.nth:
                self.stuck.set()
                return None
            if stage == "CloseSessionRequest":
                self._open.pop(request.RequestHeader.AuthenticationToken.Identifier, None)
            return made

        return answer

    def _create(self, request, made) -> None:
        self.created += 1
        timeout = request.Parameters.RequestedSessionTimeout / 1000
        self._open[self.created] = self.clock.monotonic() + timeout + SWEEP_SECONDS
        self.most = max(self.most, self.kept)
        made.Parameters.AuthenticationToken = ua.NodeId(self.created, 0)
        made.Parameters.RevisedSessionTimeout = timeout * 1000
        made.Parameters.ServerEndpoints = [endpoint()]
