"""OPC UA servers that misbehave: none of them may become a fact."""

from __future__ import annotations

import asyncio
import os
import struct
import tracemalloc
from dataclasses import replace

import pytest
from asyncua import ua

from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints, TokenType, UserToken
from collectors import opcua
from collectors.credentials import Password, Trust
from collectors.errors import (
    BudgetSpent,
    Busy,
    CollectError,
    Denied,
    HungUp,
    NotPermitted,
    Refused,
    TimedOut,
    Unintelligible,
)
from tests.devices.opcua_raw import ACKNOWLEDGE, Script, endpoint, error, fault, framed

OPEN = Endpoint(
    "opc.tcp://127.0.0.1",
    MessageMode.NONE,
    "None",
    (UserToken(TokenType.ANONYMOUS, ""),),
    0,
    "uatcp-uasc-uabinary",
    "",
)
OPENED = ua.ActivateSessionResponse()
OFFERED = OpcUaEndpoints((OPEN,), (), "urn:x", "", "Server")


async def three_ways(wire, target):
    """The error of each coroutine; one that returns facts fails the test."""
    found = []
    for asking in (
        opcua.endpoints(wire, target),
        opcua.anonymous(wire, target, offered=OFFERED),
        opcua.server(
            wire, target, offered=OFFERED, credential=None, certificate=None, trust=Trust()
        ),
    ):
        with pytest.raises(CollectError) as caught:
            await asking
        found.append(caught.value)
    return found


def says(data: bytes):
    async def behaviour(reader, writer):
        writer.write(data)
        await writer.drain()

    return behaviour


def answers_first(data: bytes):
    async def behaviour(reader, writer):
        await reader.read(4096)
        writer.write(data)
        await writer.drain()

    return behaviour


async def closes(reader, writer):
    writer.close()


async def closes_after_hello(reader, writer):
    await reader.read(4096)
    writer.write(ACKNOWLEDGE)
    writer.close()


async def silent(reader, writer):
    pass


async def test_nothing_listening_is_refused(wire, target, closed_port):
    for caught in await three_ways(wire, target(closed_port, "opcua")):
        assert isinstance(caught, Refused)


async def test_a_tarpit_is_a_timeout_that_says_what_we_were_doing(wire, target, peer):
    it = await peer(silent)

    errors = await three_ways(wire, target(it.port, "opcua"))

    assert [type(caught) for caught in errors] == [TimedOut] * 3
    assert str(errors[0]) == (
        f"opc.tcp://127.0.0.1:{it.port}: no answer within 0.5 s while asking for its endpoints."
    )


@pytest.mark.parametrize("behaviour", [closes, closes_after_hello])
async def test_a_peer_that_closes_hung_up(wire, target, peer, behaviour):
    it = await peer(behaviour)

    for caught in await three_ways(wire, target(it.port, "opcua")):
        assert isinstance(caught, HungUp)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x46",
        bytes(range(255, 0, -1)),
        b"ACKF" + struct.pack("<I", 2**31) + b"\0" * 64,
        b"ACKX" + struct.pack("<I", 28) + b"\0" * 20,
        framed(b"ACK", b"\0"),
        framed(b"MSG", b"\0" * 40),
        framed(b"OPN", os.urandom(80)),
    ],
    ids=["ssh", "http", "tls", "bytes", "2-gigabytes", "chunk", "short", "early", "noise"],
)
async def test_what_is_not_opc_ua_is_unintelligible_at_once(wire, target, peer, data):
    it = await peer(answers_first(data))

    for caught in await three_ways(replace(wire, whole=5), target(it.port, "opcua")):
        assert isinstance(caught, Unintelligible), caught


async def test_a_banner_before_we_spoke_is_unintelligible(wire, target, peer):
    it = await peer(says(b"SSH-2.0-dropbear\r\n"))

    for caught in await three_ways(wire, target(it.port, "opcua")):
        assert isinstance(caught, Unintelligible)


@pytest.mark.parametrize("kind", [b"MSG", b"ACK"])
async def test_endless_answers_stay_within_the_cap(wire, target, peer, kind):
    async def floods(reader, writer):
        await reader.read(4096)
        chunk = framed(kind, b"\0" * 60_000, b"C")
        while True:
            writer.write(chunk[:-1] if kind == b"MSG" else b"\xff" * 60_000)
            await writer.drain()

    it = await peer(floods)
    tracemalloc.start()
    try:
        with pytest.raises(Unintelligible):
            await opcua.endpoints(wire, target(it.port, "opcua"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8_000_000


async def test_an_empty_endpoint_list_is_not_a_fact(wire, target, peer):
    it = await peer(Script({"GetEndpointsRequest": ua.GetEndpointsResponse()}))

    with pytest.raises(Unintelligible, match="it lists no endpoint"):
        await opcua.endpoints(wire, target(it.port, "opcua"))


async def test_an_answer_to_another_question_is_unintelligible(wire, target, peer):
    script = Script({"GetEndpointsRequest": ua.FindServersResponse()})
    it = await peer(script)

    with pytest.raises(Unintelligible, match="not the type of a GetEndpointsResponse"):
        await opcua.endpoints(wire, target(it.port, "opcua"))


async def test_the_shortest_good_session_closes_itself(wire, target, peer):
    script = Script({})
    it = await peer(script)

    facts = await opcua.anonymous(wire, target(it.port, "opcua"), offered=OFFERED)

    assert facts.activated is True
    assert script.asked == [
        "OpenSecureChannelRequest",
        "CreateSessionRequest",
        "ActivateSessionRequest",
        "CloseSessionRequest",
    ]


@pytest.mark.parametrize(
    ("code", "activated"),
    [
        (ua.StatusCodes.BadIdentityTokenInvalid, False),
        (ua.StatusCodes.BadIdentityTokenRejected, False),
        (ua.StatusCodes.BadUserAccessDenied, False),
        (ua.StatusCodes.BadSecurityChecksFailed, None),
        (ua.StatusCodes.BadInternalError, None),
        (ua.StatusCodes.BadSecurityModeInsufficient, None),
    ],
)
async def test_only_a_judged_identity_counts_as_refused(wire, target, peer, code, activated):
    script = Script({"ActivateSessionRequest": fault(code)})
    it = await peer(script)

    facts = await opcua.anonymous(wire, target(it.port, "opcua"), offered=OFFERED)

    assert facts.activated is activated
    assert facts.status == ua.StatusCode(code).name
    assert script.asked[-1] == "CloseSessionRequest"


async def test_a_refusal_before_the_identity_was_judged_is_no_refusal_of_it(wire, target, peer):
    code = ua.StatusCodes.BadUserAccessDenied
    early = await peer(Script({"CreateSessionRequest": fault(code)}))
    ended = await peer(Script({"ActivateSessionRequest": error(code)}))

    for it in (early, ended):
        facts = await opcua.anonymous(wire, target(it.port, "opcua"), offered=OFFERED)

        assert (facts.activated, facts.status) == (None, "BadUserAccessDenied")


async def test_an_invalid_token_proves_nothing_when_its_id_was_a_guess(wire, target, peer):
    created = ua.CreateSessionResponse()
    created.Parameters.AuthenticationToken = ua.NodeId(42, 0)
    script = Script(
        {
            "CreateSessionRequest": created,
            "ActivateSessionRequest": fault(ua.StatusCodes.BadIdentityTokenInvalid),
        }
    )
    it = await peer(script)

    facts = await opcua.anonymous(wire, target(it.port, "opcua"), offered=OFFERED)

    assert facts.activated is None


async def test_an_unlisted_anonymous_token_is_tried_all_the_same(wire, target, peer):
    users = ua.UserTokenType.UserName
    created = ua.CreateSessionResponse()
    created.Parameters.AuthenticationToken = ua.NodeId(42, 0)
    created.Parameters.ServerEndpoints = [endpoint(users)]
    it = await peer(Script({"CreateSessionRequest": created}))
    listed = replace(OPEN, tokens=(UserToken(TokenType.USERNAME, ""),))

    facts = await opcua.anonymous(
        wire, target(it.port, "opcua"), offered=replace(OFFERED, endpoints=(listed,))
    )

    assert (facts.advertised, facts.activated) == (False, True)


@pytest.mark.parametrize("at", ["CreateSessionRequest", "ActivateSessionRequest"])
async def test_a_server_without_room_is_busy(wire, target, peer, at):
    it = await peer(Script({at: fault(ua.StatusCodes.BadTooManySessions)}))

    with pytest.raises(Busy, match="BadTooManySessions while trying an anonymous session"):
        await opcua.anonymous(wire, target(it.port, "opcua"), offered=OFFERED)


async def test_a_half_good_read_does_not_hide_the_open_door(wire, target, peer):
    short = ua.ReadResponse()
    short.Results = [ua.DataValue()]
    it = await peer(Script({"ReadRequest": short}))

    facts = await opcua.anonymous(
        wire, target(it.port, "opcua"), offered=OFFERED, variables=("i=1", "i=2")
    )

    assert facts.activated is True
    assert [row.access for row in facts.variables] == [None, None]
    assert "1 answers to 4 questions" in facts.variables[0].status


async def test_a_server_that_falls_silent_still_gets_its_session_closed(wire, target, peer):
    script = Script({"ActivateSessionRequest": None})
    it = await peer(script)

    with pytest.raises(TimedOut):
        await opcua.anonymous(wire, target(it.port, "opcua"), offered=OFFERED)

    assert script.asked[-1] == "CloseSessionRequest"


async def test_a_cancelled_probe_closes_its_session_and_connection(wire, target, peer):
    reached = asyncio.Event()
    script = Script({"ActivateSessionRequest": lambda _: reached.set()})
    it = await peer(script)
    task = asyncio.create_task(
        opcua.anonymous(replace(wire, whole=9), target(it.port, "opcua"), offered=OFFERED)
    )
    await reached.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await it.ended.get() == "closed"
    assert script.asked[-1] == "CloseSessionRequest"


async def test_for_how_long_a_server_keeps_the_session_is_told_while_it_is_open(wire, target, peer):
    told = []
    created = ua.CreateSessionResponse()
    created.Parameters.AuthenticationToken = ua.NodeId(42, 0)
    created.Parameters.RevisedSessionTimeout = 3_600_000.0
    created.Parameters.ServerEndpoints = [endpoint()]
    script = Script(
        {
            "CreateSessionRequest": created,
            "ActivateSessionRequest": lambda _: told.append("activated") or OPENED,
        }
    )
    it = await peer(script)
    watched = replace(wire, lasts=lambda to, ms: told.append((to.address, ms)))

    await opcua.anonymous(watched, target(it.port, "opcua"), offered=OFFERED)
    with pytest.raises(CollectError):
        await opcua.server(
            watched,
            target(it.port, "opcua"),
            offered=OFFERED,
            credential=None,
            certificate=None,
            trust=Trust(),
        )

    assert told == [("127.0.0.1", 3_600_000), "activated"] * 2


@pytest.mark.parametrize("stopped_at", ["once", "the next message"])
async def test_a_hold_leaves_no_session_behind(wire, gate, target, peer, stopped_at):
    def held(_):
        gate.may_send = on_hold
        if stopped_at == "once":
            gate.connections.stop_all(lambda _: True, "everything is on hold")

    def on_hold(to, octets):
        raise NotPermitted(to, "everything is on hold")

    script = Script({"ActivateSessionRequest": lambda _: held(_) or OPENED})
    it = await peer(script)
    left = []
    patient = replace(wire, whole=9, left_open=left.append)

    with pytest.raises(NotPermitted, match="on hold"):
        await opcua.server(
            patient,
            target(it.port, "opcua"),
            offered=OFFERED,
            credential=None,
            certificate=None,
            trust=Trust(),
        )

    assert script.asked[-1] == "CloseSessionRequest"
    assert "ReadRequest" not in script.asked
    assert await it.ended.get() == "closed"
    assert left == []


async def test_a_spent_budget_leaves_no_session_behind(wire, gate, target, peer):
    def spent(_):
        gate.octets_left = 0
        return OPENED

    script = Script({"ActivateSessionRequest": spent})
    it = await peer(script)

    with pytest.raises(BudgetSpent):
        await opcua.server(
            wire,
            target(it.port, "opcua"),
            offered=OFFERED,
            credential=None,
            certificate=None,
            trust=Trust(),
        )

    assert script.asked[-1] == "CloseSessionRequest"


async def test_a_spent_budget_stops_the_probe(wire, gate, target, peer):
    it = await peer(Script({}))
    gate.octets_left = 200

    with pytest.raises(BudgetSpent):
        await opcua.anonymous(wire, target(it.port, "opcua"), offered=OFFERED)


async def test_every_connection_ends_without_a_reset_and_is_accounted_for(wire, gate, target, peer):
    it = await peer(Script({}))

    await opcua.endpoints(wire, target(it.port, "opcua"))

    assert await it.ended.get() == "closed"
    assert gate.octets == sum(len(data) for data in it.received)


async def test_nothing_is_sent_for_a_credential_no_endpoint_takes(wire, gate, target, closed_port):
    with pytest.raises(Denied, match="it takes no UserName tokens"):
        await opcua.server(
            wire,
            target(closed_port, "opcua"),
            offered=OFFERED,
            credential=Password("monitor", "seven-Seas"),
            certificate=None,
            trust=Trust(),
        )

    assert gate.connects == []


async def test_a_password_is_never_sent_unencrypted(wire, gate, target, closed_port):
    listed = replace(OPEN, tokens=(UserToken(TokenType.USERNAME, "Basic256Sha256"),))
    with pytest.raises(Denied, match="enable a SignAndEncrypt endpoint"):
        await opcua.server(
            wire,
            target(closed_port, "opcua"),
            offered=replace(OFFERED, endpoints=(listed,)),
            credential=Password("monitor", "seven-Seas"),
            certificate=None,
            trust=Trust(),
        )

    assert gate.connects == []
