"""Broken answers of OPC UA servers: an error, or exactly what another decoder reads in them."""

from __future__ import annotations

import math
import re
import struct
from random import Random

from asyncua import ua

from checks.facts.opcua import (
    Endpoint,
    MessageMode,
    OpcUaAnonymous,
    OpcUaEndpoints,
    OpcUaServer,
    TokenType,
    UserToken,
)
from collectors import opcua
from collectors.credentials import Trust
from tests.devices.opcua_raw import Script, endpoint, fault
from tests.fuzz import opcua_answers_reference as reference
from tests.fuzz.hostile import Breaking, Lane, many, outcome, row, series, target, wire

OPEN = Endpoint(
    "opc.tcp://127.0.0.1",
    MessageMode.NONE,
    "None",
    (UserToken(TokenType.ANONYMOUS, ""),),
    0,
    "uatcp-uasc-uabinary",
    "",
)
OFFERED = OpcUaEndpoints((OPEN,), (), "urn:x", "", "Server")
# OPC 10000-6, A.2: the answers in which a server judges an identity, and what it then says.
JUDGED = (0x80200000, 0x80210000, 0x801F0000)


def listed(_: object) -> ua.GetEndpointsResponse:
    answer = ua.GetEndpointsResponse()
    secured = endpoint(ua.UserTokenType.UserName, ua.UserTokenType.Certificate)
    secured.SecurityMode = ua.MessageSecurityMode.SignAndEncrypt
    secured.SecurityPolicyUri = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"
    secured.ServerCertificate = b"\x30\x03\x02\x01\x07"
    answer.Endpoints = [endpoint(), secured]
    return answer


def values(request: ua.ReadRequest) -> ua.ReadResponse:
    answer = ua.ReadResponse()
    for wanted in request.Parameters.NodesToRead:
        name, attribute = wanted.NodeId.to_string(), wanted.AttributeId
        if attribute != ua.AttributeIds.Value:
            value = ua.Variant(1, ua.VariantType.Byte)
        elif name == "i=2260":
            build = ua.BuildInfo()
            build.ManufacturerName, build.ProductName = "Acme", "Controller"
            build.SoftwareVersion = "4.1"
            build.BuildDate = ua.uatypes.datetime(2026, 3, 2)
            value = ua.Variant(build, ua.VariantType.ExtensionObject)
        elif name == "i=2994":
            value = ua.Variant(False, ua.VariantType.Boolean)
        elif name == "i=2258":
            value = ua.Variant(ua.uatypes.datetime(2026, 11, 23), ua.VariantType.DateTime)
        else:
            value = ua.Variant(5, ua.VariantType.UInt32)
        answer.Results.append(ua.DataValue(value))
    return answer


def prepared(lane: Lane, rng: Random, script: Script, writes: int) -> None:
    how = rng.choice(("spoilt",) * 9 + ("sliced",))
    nth, lane.writers = rng.randrange(writes), []
    lane.device = script
    lane.spoiling = lambda writer: Breaking(writer, rng, how, nth)


async def one_list(lane: Lane, rng: Random) -> str:
    prepared(lane, rng, Script({"GetEndpointsRequest": listed}), 3)

    def judge(facts: OpcUaEndpoints) -> None:
        told = tuple(
            reference.Row(
                e.url,
                str(e.mode),
                e.policy,
                tuple((str(t.type), t.policy) for t in e.tokens),
                e.level,
                e.certificate,
            )
            for e in facts.endpoints
        )
        assert told == reference.endpoints(lane.writers[0].sent[2]), lane.writers[0].sent[2].hex()

    return await outcome(opcua.endpoints(wire(), target(lane.port, "opcua")), judge)


async def one_attempt(lane: Lane, rng: Random) -> str:
    script = Script({"ReadRequest": values})
    refusing = rng.random() < 0.5
    if refusing:
        script.answers["ActivateSessionRequest"] = fault(rng.choice(JUDGED))
    prepared(lane, rng, script, 5)

    def judge(facts: OpcUaAnonymous) -> None:
        sent = lane.writers[0].sent
        if facts.activated is not None:
            kind, result, _ = reference.opened(sent[3])
            refused = kind in ("i=397", "i=470") and result in JUDGED
            assert facts.activated is (kind == "i=470" and result >> 30 == 0), sent[3].hex()
            assert facts.activated is not refused
        for access in facts.variables:
            if access.user_access is not None:
                assert bytes((3, access.user_access)) in sent[4]

    asking = opcua.anonymous(
        wire(), target(lane.port, "opcua"), offered=OFFERED, variables=("ns=2;s=Level",)
    )
    return await outcome(asking, judge)


def whole_doubles(data: bytes) -> set[int]:
    doubles = (struct.unpack_from("<d", data, at)[0] for at in range(len(data) - 7))
    return {int(value) for value in doubles if math.isfinite(value)}


async def one_state(lane: Lane, rng: Random) -> str:
    prepared(lane, rng, Script({"ReadRequest": values}), 5)

    def judge(facts: OpcUaServer) -> None:
        sent = lane.writers[0].sent
        read = sent[4].decode("latin-1")
        for text in (facts.manufacturer, facts.product, facts.software_version):
            # What was not UTF-8 stands as one sign for each octet.
            pattern = ".".join(map(re.escape, text.split("\ufffd")))
            assert re.search(pattern, read, re.DOTALL), (text, sent[4].hex())
        if facts.auditing is not None:
            # Any octet but 0 is true; a Boolean variant begins with a 1.
            told = re.findall(rb"\x01([\x00-\xff])", sent[4])
            assert facts.auditing in {bool(octet[0]) for octet in told}
        assert 0 <= (facts.max_sessions or 0) < 2**64
        assert facts.revised_timeout_ms in whole_doubles(sent[2])

    asking = opcua.server(
        wire(),
        target(lane.port, "opcua"),
        offered=OFFERED,
        credential=None,
        certificate=None,
        trust=Trust(),
        variables=("ns=2;s=Level",),
    )
    return await outcome(asking, judge)


async def test_broken_endpoint_lists_are_errors_or_what_another_decoder_reads_too(note):
    outcomes = await many("opcua endpoints", series(400, 20_000), one_list)
    note("answers opcua endpoints", *row(outcomes))

    assert outcomes["facts"] > outcomes.total() // 20
    assert outcomes["Unintelligible"] > outcomes.total() // 5


async def test_a_broken_answer_never_refuses_an_anonymous_session(note):
    outcomes = await many("opcua anonymous", series(400, 20_000), one_attempt)
    note("answers opcua anonymous", *row(outcomes))

    assert outcomes["facts"] > outcomes.total() // 20
    assert outcomes["Unintelligible"] > outcomes.total() // 5


async def test_a_broken_answer_never_makes_up_a_servers_state(note):
    outcomes = await many("opcua state", series(320, 20_000), one_state)
    note("answers opcua state", *row(outcomes))

    assert outcomes["facts"] > outcomes.total() // 20
    assert outcomes["Unintelligible"] > outcomes.total() // 5
