"""
One OPC UA secure channel on a socket of ours, one request at a time.

asyncua encodes, signs, encrypts and decodes; when to speak, and what, is decided here.  Every
request is judged by the name of its structure before it is encrypted, every answer must be the
one that belongs to its request.  No task runs in the background and nothing is renewed.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, cast

from asyncua import ua as _ua
from asyncua.common.connection import SecureConnection, TransportLimits
from asyncua.common.utils import Buffer
from asyncua.crypto.security_policies import SecurityPolicy
from asyncua.ua.ua_binary import (
    header_from_binary,
    nodeid_from_binary,
    struct_from_binary,
    struct_to_binary,
    uatcp_to_binary,
)

from collectors import allowed
from collectors.errors import CollectError, HungUp, NotPermitted, Unintelligible
from collectors.opcua_decoding import Forwards
from collectors.wire import SECURE_CAP, Gate, Metered, Target

# The library reports every fault of a device to its log; ours goes into the record.
logging.getLogger("asyncua").setLevel(logging.CRITICAL)

# Its structures are generated and their types do not bear a strict reading.
ua: Any = _ua

# OPC 10000-6, 7.1.2: no buffer is smaller than 8,192 octets, so this may always be sent.
SEND_CHUNK = 8_192
RECEIVE_CHUNK = 65_535
MOST_CHUNKS = 64
# A certificate chain or a list of endpoints comes in several segments, acknowledged in pairs.
ANSWER_ACKS = 2
CHANNEL_LIFETIME_MS = 60_000
REQUEST_TIMEOUT_HINT_MS = 10_000

_HEADER = 8
_FROM_SERVERS = (b"ACK", b"ERR", b"OPN", b"MSG")


class Said(Exception):
    """The server answered with a status: `status` is its name.

    `of_service`: it was the answer to our request, rather than the end of the channel.
    """

    def __init__(self, code: int, *, of_service: bool, text: str = "") -> None:
        self.status = status_name(code)
        self.of_service = of_service
        super().__init__(f"{self.status}: {text}" if text else self.status)


def status_name(code: int) -> str:
    """The name of a status code, or its number in hex when OPC 10000-4 does not know it."""
    name = str(ua.StatusCode(ua.UInt32(code)).name)
    generic = name in ("Bad", "Good", "Uncertain") and code not in (0, 0x4000_0000, 0x8000_0000)
    return f"0x{code:08X}" if generic else name


class Channel(asyncio.Protocol):
    """
    One connection's protocol: hello, one secure channel, requests in turn.

    Its methods raise `Said` when the server says no, and `HungUp`, `Unintelligible`,
    `NotPermitted` or what the gate raises.  The deadline is the caller's.
    """

    def __init__(
        self, gate: Gate, target: Target, policy: SecurityPolicy, application_uri: str
    ) -> None:
        self.policy: Any = policy
        self.application_uri = application_uri
        self.authentication: Any = ua.NodeId()
        self._gate = gate
        self._target = target
        limits = TransportLimits(RECEIVE_CHUNK, SEND_CHUNK, MOST_CHUNKS, SECURE_CAP)
        self._connection = SecureConnection(policy, limits)
        self._metered: Metered | None = None
        self._held = bytearray()
        self._awaited: tuple[int, asyncio.Future[Any]] | None = None
        self._failure: Exception | None = None
        self._requests = 0
        self._open = False
        # Seconds the slowest answer took so far: a path may be slower than the connection told.
        self.slowest = 0.0

    @property
    def over(self) -> CollectError | None:
        """Why the wire cut the peer off, when it sent more than we accept."""
        return None if self._metered is None else self._metered.over

    @property
    def spoke_at(self) -> tuple[float, datetime]:
        """When the last request left: our monotonic seconds and wall clock."""
        assert self._metered is not None
        return self._metered.spoke_at

    def within(self, seconds: float) -> AbstractAsyncContextManager[None]:
        """A deadline that stands still while we wait for our own pace."""
        assert self._metered is not None
        return self._metered.within(seconds)

    async def hello(self, url: str) -> None:
        """Hello and Acknowledge."""
        hello = ua.Hello()
        hello.EndpointUrl = url
        hello.ReceiveBufferSize = RECEIVE_CHUNK
        hello.SendBufferSize = SEND_CHUNK
        hello.MaxMessageSize = SECURE_CAP
        hello.MaxChunkCount = MOST_CHUNKS
        message = uatcp_to_binary(ua.MessageType.Hello, hello)
        self._permitted(allowed.opcua.hello(message))
        answer = await self._exchange(message, 0)
        if not isinstance(answer, ua.Acknowledge):
            raise self._unintelligible("it did not acknowledge our Hello")

    async def open(self) -> None:
        """OpenSecureChannel with this channel's policy."""
        request = ua.OpenSecureChannelRequest()
        request.Parameters.ClientProtocolVersion = 0
        request.Parameters.RequestType = ua.SecurityTokenRequestType.Issue
        request.Parameters.SecurityMode = self.policy.Mode
        request.Parameters.RequestedLifetime = CHANNEL_LIFETIME_MS
        nonce = secrets.token_bytes(self.policy.secure_channel_nonce_length)
        request.Parameters.ClientNonce = nonce
        response = await self.ask(request, kind=ua.MessageType.SecureOpen)
        if len(response.Parameters.ServerNonce or b"") < len(nonce):
            raise self._unintelligible("its nonce is too short")
        try:
            self._connection.set_channel(
                response.Parameters, ua.SecurityTokenRequestType.Issue, nonce
            )
        except Exception as error:
            raise self._unintelligible(f"its channel cannot be used: {error}") from error
        self._open = True

    async def ask(self, request: Any, kind: bytes = ua.MessageType.SecureMessage) -> Any:
        """One request, and its answer: the response structure whose service result is good."""
        self._requests += 1
        message = self._encoded(request, kind)
        leaving = isinstance(request, ua.CloseSessionRequest)
        answer = await self._exchange(message, self._requests, leaving=leaving)
        self.slowest = max(self.slowest, self._gate.now() - self.spoke_at[0])
        if not isinstance(answer, ua.Message):
            raise self._unintelligible("it answered a request with something else")
        try:
            response = _response(request, answer.body())
        except Said:
            raise
        except Exception as error:
            raise self._unintelligible(f"its answer cannot be read: {_words(error)}") from error
        return response

    def close(self) -> None:
        """CloseSecureChannel, which has no answer (OPC 10000-6, 7.1.4)."""
        if self._open and self._failure is None and self._metered is not None:
            self._open = False
            self._requests += 1
            request = ua.CloseSecureChannelRequest()
            self._metered.take_leave(self._encoded(request, ua.MessageType.SecureClose))

    def _permitted(self, why: str | None) -> None:
        if why is not None:
            self._gate.refused(self._target, why)
            raise NotPermitted(self._target, f"our own request was stopped: {why}")

    def _encoded(self, request: Any, kind: bytes) -> bytes:
        name = type(request).__name__
        self._permitted(allowed.opcua.judge_name(name))
        request.RequestHeader.AuthenticationToken = self.authentication
        request.RequestHeader.RequestHandle = self._requests
        request.RequestHeader.TimeoutHint = REQUEST_TIMEOUT_HINT_MS
        body = struct_to_binary(request)
        self._permitted(allowed.opcua.judge(self._target.permits, body))
        try:
            return self._connection.message_to_binary(
                body,
                message_type=cast(Any, kind),
                request_id=self._requests,
            )
        except Exception as error:
            raise self._unintelligible(
                f"its key or channel cannot carry our {name}: {_words(error)}"
            ) from error

    async def _exchange(self, message: bytes, number: int, *, leaving: bool = False) -> Any:
        if self._failure is not None:
            raise self._failure
        if self._metered is None:
            raise HungUp(self._target, "the connection was closed")
        await self._metered.paced(len(message), ANSWER_ACKS)
        if self._failure is not None:
            raise self._failure
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._awaited = (number, future)
        try:
            if leaving:
                self._metered.take_leave(message)
            else:
                self._metered.write(message)
            return await future
        finally:
            self._awaited = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._metered = cast(Metered, transport)

    def data_received(self, data: bytes) -> None:
        if self._failure is not None:
            return
        self._held += data
        try:
            while (frame := self._frame()) is not None:
                self._take(frame)
        except (Said, CollectError) as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001  bare assertions are the library's way to say no
            self._fail(self._unintelligible(f"its answer cannot be read: {_words(error)}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.over is not None:
            self._fail(self.over)
        elif self._held and self._failure is None:
            self._fail(HungUp(self._target, "the connection was closed in the middle of an answer"))
        else:
            what = "reset" if isinstance(exc, ConnectionResetError) else "closed"
            self._fail(HungUp(self._target, f"the connection was {what}"))

    def _frame(self) -> bytes | None:
        """The next whole message chunk, judged by its header before its body is waited for."""
        start = bytes(self._held[:_HEADER])
        if start and not any(kind.startswith(start[:3]) for kind in _FROM_SERVERS):
            raise self._unintelligible(f"it is not OPC UA, it begins {start!r}")
        if len(start) < _HEADER:
            return None
        length = int.from_bytes(start[4:8], "little")
        if start[3:4] not in b"FCA" or not _HEADER < length <= RECEIVE_CHUNK:
            raise self._unintelligible(f"a chunk of {length} octets is malformed or too long")
        if len(self._held) < length:
            return None
        frame = bytes(self._held[:length])
        del self._held[:length]
        return frame

    def _take(self, frame: bytes) -> None:
        buffer = Forwards(frame)
        header = header_from_binary(buffer)
        message = self._connection.receive_from_header_and_body(header, buffer)
        if message is None:
            return
        if isinstance(message, ua.ErrorMessage):
            raise Said(message.Error.value, of_service=False, text=str(message.Reason or ""))
        number = message.request_id() if isinstance(message, ua.Message) else 0
        if self._awaited is None or self._awaited[0] != number:
            raise self._unintelligible("it answered a question that was not asked")
        future = self._awaited[1]
        if not future.done():
            future.set_result(message)

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        if self._awaited is not None and not self._awaited[1].done():
            self._awaited[1].set_exception(self._failure)

    def _unintelligible(self, what: str) -> Unintelligible:
        return Unintelligible(self._target, f"the answer was not understood: {what}")


def _response(request: Any, body: Buffer) -> Any:
    """The decoded answer to `request`, if it is one and says Good; raises `Said` otherwise."""
    body = Forwards(body.read(len(body)))
    kind = nodeid_from_binary(body.copy())
    if kind == ua.FourByteNodeId(ua.ObjectIds.ServiceFault_Encoding_DefaultBinary):
        fault = struct_from_binary(ua.ServiceFault, body)
        raise Said(fault.ResponseHeader.ServiceResult.value, of_service=True)
    name = type(request).__name__.replace("Request", "Response")
    expected = getattr(ua.ObjectIds, f"{name}_Encoding_DefaultBinary")
    if kind.NamespaceIndex != 0 or kind.Identifier != expected:
        raise ValueError(f"{kind.to_string()} is not the type of a {name}")
    response = struct_from_binary(getattr(ua, name), body)
    if len(body):
        # The library reads a broken count as an empty list: what then is missing stands here.
        raise ValueError(f"{len(body)} octets are left over")
    if not (result := response.ResponseHeader.ServiceResult).is_good():
        raise Said(result.value, of_service=True)
    return response


def _words(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
