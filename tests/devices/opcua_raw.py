"""OPC UA octets by hand, for servers that misbehave after a good start."""

from __future__ import annotations

import asyncio
import struct

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary, struct_to_binary


def framed(kind: bytes, body: bytes, chunk: bytes = b"F") -> bytes:
    return kind + chunk + struct.pack("<I", 8 + len(body)) + body


ACKNOWLEDGE = framed(b"ACK", struct.pack("<5I", 0, 65_535, 65_535, 0, 0))


def error(code: int) -> bytes:
    return framed(b"ERR", struct.pack("<I", code) + struct.pack("<i", -1))


class Script:
    """A server on channel None that answers each request by name with what `answers` holds.

    A value is a response structure, octets to send as they are, or None for silence.
    """

    def __init__(self, answers: dict[str, object]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._message(reader)
        writer.write(ACKNOWLEDGE)
        sequence = 0
        while True:
            frame = await self._message(reader)
            if frame is None or frame[:3] == b"CLO":
                return
            sequence += 1
            kind = frame[:3]
            start = 16 if kind == b"MSG" else 12 + 4 + 47 + 4 + 4
            request_id = struct.unpack_from("<I", frame, start + 4)[0]
            body = Buffer(frame[start + 8 :])
            typeid = nodeid_from_binary(body.copy())
            name = ua.ObjectIdNames[typeid.Identifier].removesuffix("_Encoding_DefaultBinary")
            self.asked.append(name)
            request = struct_from_binary(getattr(ua, name), body)
            answer = self.answers.get(name, _good(name))
            if callable(answer):
                answer = answer(request)
            if answer is None:
                continue
            if not isinstance(answer, bytes):
                answer = self._enveloped(kind, frame, answer, sequence, request_id)
            writer.write(answer)

    def _enveloped(self, kind, frame, answer, sequence, request_id) -> bytes:
        inner = struct.pack("<II", sequence, request_id) + struct_to_binary(answer)
        if kind == b"OPN":
            return framed(kind, struct.pack("<I", 7) + frame[12 : 12 + 4 + 47 + 8] + inner)
        return framed(kind, struct.pack("<II", 7, 1) + inner)

    async def _message(self, reader: asyncio.StreamReader) -> bytes | None:
        head = b""
        while len(head) < 8:
            more = await reader.read(8 - len(head))
            if not more:
                return None
            head += more
        length = struct.unpack_from("<I", head, 4)[0]
        while len(head) < length:
            more = await reader.read(length - len(head))
            if not more:
                return None
            head += more
        return head


def fault(code: int) -> ua.ServiceFault:
    answer = ua.ServiceFault()
    answer.ResponseHeader.ServiceResult = ua.StatusCode(code)
    return answer


def _good(name: str) -> object:
    answer = getattr(ua, name.replace("Request", "Response"))()
    if name == "OpenSecureChannelRequest":
        answer.Parameters.SecurityToken.ChannelId = 7
        answer.Parameters.SecurityToken.TokenId = 1
        answer.Parameters.SecurityToken.RevisedLifetime = 60_000
    if name == "CreateSessionRequest":
        answer.Parameters.AuthenticationToken = ua.NodeId(42, 0)
        answer.Parameters.RevisedSessionTimeout = 30_000.0
        answer.Parameters.ServerEndpoints = [endpoint()]
    if name == "GetEndpointsRequest":
        answer.Endpoints = [endpoint()]
    return answer


def endpoint(*kinds: ua.UserTokenType) -> ua.EndpointDescription:
    row = ua.EndpointDescription()
    row.EndpointUrl = "opc.tcp://127.0.0.1"
    row.SecurityMode = ua.MessageSecurityMode.None_
    row.SecurityPolicyUri = "http://opcfoundation.org/UA/SecurityPolicy#None"
    row.TransportProfileUri = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"
    for kind in kinds or (ua.UserTokenType.Anonymous,):
        token = ua.UserTokenPolicy()
        token.PolicyId = str(int(kind))
        token.TokenType = kind
        row.UserIdentityTokens.append(token)
    return row
