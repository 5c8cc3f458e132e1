"""
The witness over HTTP: `POST /add-checkpoint`, as C2SP tlog-witness has it.

`GET /checkpoint/SHA256` gives the latest cosigned note of the log whose origin has this digest (hex):
the protocol leaves reading open, and a log that was restored from an old copy must be able to ask
what it had signed before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from appliance.clock import Clock
from appliance.ledger.anchors.cosignature import Cosigner
from appliance.ledger.anchors.submission import LONGEST, Submission, only, parse
from appliance.ledger.errors import LedgerError, NoteError
from appliance.ledger.note import parts
from appliance.witness.rules import Latest, Pinned, Refused, continues, signed
from appliance.witness.state import State

SIZE = "text/x.tlog.size"

log = structlog.get_logger()


@dataclass
class Cosigning:
    """One witness: its key, its state, and the keys of the logs it looks after."""

    cosigner: Cosigner
    state: State
    known: Callable[[], Pinned]
    clock: Clock

    def add(self, body: bytes) -> str:
        """
        The signature lines for one submission; blocks until they are safe on the disk.

        Raises `Refused`, and `LedgerError` when nothing could be kept.
        """
        try:
            submission = parse(body)
        except NoteError as error:
            raise Refused(400, str(error)) from error
        checkpoint = signed(submission, self.known())
        line = ""

        def judge(latest: Latest) -> str:
            nonlocal line
            continues(checkpoint, submission, latest)
            line = self.cosigner.line(parts(submission.note)[0], int(self.clock.now().timestamp()))
            # Foreign signatures are not ours to pass on.
            return only(submission.note, [checkpoint.origin]) + line

        try:
            self.state.advance(checkpoint, judge)
        except Refused as refused:
            if refused.suspicious:
                self._suspect(submission, refused)
            raise
        return line

    def _suspect(self, submission: Submission, refused: Refused) -> None:
        # An old head, or a proof that does not fit, may be anybody's who once received a head.
        say, what = (log.warning, "a head was refused that does not continue the latest")
        if refused.forked:
            say, what = log.error, "a log does not continue what it had signed"
        say(
            what,
            origin=submission.checkpoint.origin,
            size=submission.checkpoint.size,
            why=str(refused),
        )
        self.state.keep(
            self.clock.now().isoformat(), str(refused), submission.body, forked=refused.forked
        )

    def latest(self, digest: str) -> str | None:
        """The newest cosigned note of the log with this origin digest."""
        for origin, note in self.state.notes().items():
            if sha256(origin.encode()).hexdigest() == digest:
                return note
        return None


def create(cosigning: Cosigning) -> Starlette:
    """The application; one request at a time reaches the state, in a thread of its own."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="witness")

    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _said(f"the request is longer than {LONGEST} octets.", 413)
        loop = asyncio.get_running_loop()
        try:
            lines = await loop.run_in_executor(thread, cosigning.add, body)
        except Refused as refused:
            if refused.size is not None:
                # As a header: starlette would add a charset to the type the protocol names.
                return Response(f"{refused.size}\n", refused.status, {"content-type": SIZE})
            return _said(str(refused), refused.status)
        except LedgerError as error:
            log.error("the witness cannot keep its state", why=str(error))
            return _said("the witness cannot keep its state.", 503)
        return PlainTextResponse(lines)

    async def checkpoint(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        digest = request.path_params["digest"]
        try:
            note = await loop.run_in_executor(thread, cosigning.latest, digest)
        except LedgerError as error:
            log.error("the witness cannot read its state", why=str(error))
            return _said("the witness cannot read its state.", 503)
        if note is None:
            return _said("no checkpoint of that log was cosigned here.", 404)
        return PlainTextResponse(note)

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/checkpoint/{digest}", checkpoint, methods=["GET"]),
        ]
    )


async def _body(request: Request) -> bytes | None:
    """None when it is longer than any submission."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            return None
    return body


def _said(text: str, status: int) -> Response:
    return PlainTextResponse(text + "\n", status)
