"""Broken answers of SNMP agents: an error, or exactly what pyasn1 reads in them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from checks.facts.snmp import SnmpAnswer, SnmpDefaultCommunities, SnmpRefusals, SnmpSystem
from collectors import snmp
from collectors.allowed import Permissions, element
from collectors.credentials import Community, SnmpUser
from collectors.snmp_digest import _parts
from collectors.snmp_values import text
from collectors.wire import Target
from tests.devices.snmp_peers import mib, oid, peer, tlv
from tests.fuzz.hostile import LANES, broken, outcome, row, series, wire
from tests.fuzz.snmp_reference import Message, decoded

READ = Community("s3cret")
SYS = "1.3.6.1.2.1.1"
HELD = {
    f"{SYS}.1.0": tlv(4, b"Thing, version 4.1"),
    f"{SYS}.2.0": tlv(6, oid("1.3.6.1.4.1.9999.1")),
    f"{SYS}.3.0": tlv(0x43, b"\x01\x02\x03"),
    f"{SYS}.5.0": tlv(4, b"switch-1"),
    "1.3.6.1.2.1.2.2.1.6.1": tlv(4, bytes.fromhex("001b1b0a0b0c")),
    "1.3.6.1.2.1.25.1.2.0": tlv(4, bytes.fromhex("07EA0B170C001E052B0100")),
}


# What an agent gives as a number, an address or an OID reads so.
NUMBERS = re.compile(r"[0-9.+einaf-]+")


@dataclass
class Agent:
    """Answers rightly but for number `nth`; `said` is what it heard and sent."""

    rng: Random
    nth: int
    said: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    silent: bool = False

    def __call__(self, datagram: bytes) -> bytes | None:
        answer: bytes | None = None
        if not self.silent:
            answer = mib(HELD)(datagram)
            if len(self.said) == self.nth:
                answer = broken(self.rng, answer) or b"\0"
        self.said.append((datagram, answer))
        return answer


def told(said: list[tuple[bytes, bytes | None]]) -> set[str]:
    """Every value in an answer that pyasn1 can read, as text."""
    found = {""}
    for _, answer in said:
        try:
            message = decoded(answer or b"", Message())
        except ValueError:
            continue
        for binding in message["pdu"].getComponent()["bindings"]:
            value = bytes(binding["value"])
            if value[0] == 4:
                found.add(text(value[2:] if value[1] < 0x80 else value[2 + value[1] & 0x7F :]))
    return found


async def many(name: str, count: int, one) -> Counter[str]:
    outcomes: Counter[str] = Counter()

    async def run(number: int) -> None:
        rng = Random(f"upheld {name} {number}")
        for _ in range(count // LANES):
            outcomes[await one(rng)] += 1

    async with asyncio.TaskGroup() as side_by_side:
        for number in range(LANES):
            side_by_side.create_task(run(number))
    return outcomes


def at(port: int) -> Target:
    return Target("switch-1", "127.0.0.1", "udp", port, "snmp", permits=Permissions())


PATIENCE = wire(connect=0.03, whole=2.0)


async def one_description(rng: Random) -> str:
    agent = Agent(rng, rng.randrange(5))

    def judge(facts: SnmpSystem) -> None:
        known = told(agent.said)
        sent = b"".join(answer or b"" for _, answer in agent.said)
        for seen in (facts.sys_descr, facts.sys_name):
            # Where pyasn1 is stricter than the client, each word was sent all the same.
            plain = sent.replace(b"\0", b"")
            worded = all(
                w.encode() in plain or w.encode("latin-1", "replace") in plain for w in seen.split()
            )
            assert seen in known or worded or NUMBERS.fullmatch(seen), (facts, agent.said)
        assert facts.vendor_firmware == ""

    async with peer(agent) as it:
        return await outcome(snmp.system(PATIENCE, at(it.port), credential=READ), judge)


def number_in(message: bytes | None) -> int | None:
    """The request id of a message whose outside can be read."""
    try:
        pdu = _parts(element(message or b"")[1])[2]
        return int.from_bytes(_parts(pdu[1])[0][1], "big", signed=True)
    except (ValueError, IndexError):
        return None


AUTHORIZATION_ERROR = b"\x02\x01\x10"


def judged_trials(facts: SnmpDefaultCommunities | SnmpRefusals, agent: Agent, first: int) -> None:
    """
    A trial is silent only when nothing came, refused only when the agent said so, and a control
    has an answer behind it.  Without a control silence says nothing, so there it may be either.
    """
    assert not facts.control or number_in(agent.said[0][0]) == number_in(agent.said[0][1])
    for trial, (question, answer) in zip(facts.trials, agent.said[first:], strict=True):
        case = (trial, question, answer)
        if trial.answer is SnmpAnswer.ANSWERED:
            assert number_in(question) == number_in(answer), case
        elif trial.answer is SnmpAnswer.REFUSED or answer is not None:
            assert AUTHORIZATION_ERROR in (answer or b""), case
            assert trial.answer is SnmpAnswer.REFUSED or not facts.control, case


async def one_trial(rng: Random) -> str:
    agent = Agent(rng, rng.randrange(5))

    async with peer(agent) as it:
        asking = snmp.default_communities(PATIENCE, at(it.port), credential=READ)
        return await outcome(asking, lambda facts: judged_trials(facts, agent, 1))


async def one_refusal(rng: Random) -> str:
    agent = Agent(rng, rng.randrange(2))

    def judge(facts: SnmpRefusals) -> None:
        judged_trials(facts, agent, 0)

    async with peer(agent) as it:
        return await outcome(snmp.refusals(PATIENCE, at(it.port), credential=READ), judge)


async def one_discovery(rng: Random) -> str:
    """Version 3, where the peer knows nothing: whatever it says, nobody is let in."""
    user = SnmpUser("monitor", "SHA-256", "auth secret 1", "AES-128", "priv secret 1")

    def answer(datagram: bytes) -> bytes:
        return broken(rng, datagram.replace(b"\xa0", b"\xa8")) or b"\0"

    def judge(facts: SnmpRefusals) -> None:
        assert facts.control == ""
        assert {trial.answer for trial in facts.trials} == {SnmpAnswer.SILENT}

    async with peer(answer) as it:
        return await outcome(snmp.refusals(PATIENCE, at(it.port), credential=user), judge)


async def test_broken_answers_are_errors_or_what_another_decoder_reads_too(note):
    outcomes = await many("snmp description", series(240, 16_000), one_description)
    note("answers snmp system", *row(outcomes))

    assert outcomes["facts"] > outcomes.total() // 20
    assert outcomes["Unintelligible"] > outcomes.total() // 20


async def test_a_broken_answer_is_no_silence_and_proves_no_refusal(note):
    outcomes = await many("snmp defaults", series(240, 16_000), one_trial)
    note("answers snmp communities", *row(outcomes))

    assert outcomes["facts"] > 0
    assert outcomes["Unintelligible"] > outcomes.total() // 5


async def test_a_broken_answer_refuses_no_version(note):
    outcomes = await many("snmp refusals", series(240, 16_000), one_refusal)
    note("answers snmp refusals", *row(outcomes))

    assert outcomes["Unintelligible"] > outcomes.total() // 5


async def test_nobody_without_keys_can_speak_for_an_agent(note):
    outcomes = await many("snmp discovery", series(160, 8_000), one_discovery)
    note("answers snmp v3", *row(outcomes))

    assert outcomes["facts"] == 0


CONTENTS = [
    b"",
    b"\x80",
    b"\xff" * 3,
    b"\x9f\x78\x04" + b"\x7f" * 4,
    bytes(5),
    b"\x01" * 9,
    b"\x2b\x80",
]


async def test_no_value_of_any_type_and_length_breaks_the_client():
    """The client's own conversions, type by type: all that chance alone would find late."""
    kinds: Counter[str] = Counter()
    for tag in range(256):
        for content in CONTENTS:
            held = HELD | {f"{SYS}.5.0": tlv(tag, content)}
            async with peer(mib(held)) as it:
                asking = snmp.system(PATIENCE, at(it.port), credential=READ)
                kinds[await outcome(asking, lambda _: None)] += 1

    assert set(kinds) <= {"facts", "Unintelligible", "TimedOut", "LoginFailed"}
    assert kinds["facts"] > 20
