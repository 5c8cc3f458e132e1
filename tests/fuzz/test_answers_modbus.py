"""Broken answers to Modbus questions: an error, or exactly what pymodbus reads in them."""

from __future__ import annotations

import struct
from random import Random

from checks.facts.modbus import ModbusIdentity
from collectors import modbus
from tests.fuzz.hostile import Breaking, Lane, many, outcome, row, series, target, wire
from tests.fuzz.modbus_answers import ANSWERS, listing, matching, read_by_pymodbus


def device(answer):
    async def behave(reader, writer):
        while request := await reader.read(4096):
            pdu = answer(request[10])
            writer.write(request[:2] + struct.pack(">HHB", 0, len(pdu) + 1, request[6]) + pdu)

    return behave


async def one(lane: Lane, rng: Random) -> str:
    how = rng.choice(("spoilt",) * 8 + ("sliced", "right"))
    nth, lane.writers = rng.randrange(2), []
    lane.device = device(ANSWERS[rng.choice(tuple(ANSWERS))])
    lane.spoiling = lambda writer: Breaking(writer, rng, how, nth)

    def judge(facts: ModbusIdentity) -> None:
        assert facts == read_by_pymodbus(matching(lane.sent)), lane.sent.hex()

    return await outcome(modbus.identity(wire(), target(lane.port, "modbus"), unit=1), judge)


async def test_broken_answers_are_errors_or_what_another_decoder_reads_too(note):
    outcomes = await many("modbus answers", series(1_200, 40_000), one)
    note("answers modbus", *row(outcomes))

    assert outcomes["facts"] > outcomes.total() // 20
    assert outcomes["Unintelligible"] > outcomes.total() // 20
    assert outcomes["HungUp"] > outcomes.total() // 20


async def test_every_truncation_is_an_error_and_every_slicing_is_the_same():
    whole = read_by_pymodbus(b"\0\1\0\0" + struct.pack(">HB", 29, 1) + listing((0, 1, 2)))
    length = 7 + len(listing((0, 1, 2)))

    async def cut(at: int) -> object:
        async def behave(reader, writer):
            request = await reader.read(4096)
            pdu = listing((0, 1, 2))
            frame = request[:2] + struct.pack(">HHB", 0, len(pdu) + 1, 1) + pdu
            for n in range(at):
                writer.write(frame[n : n + 1])
            writer.inner.write_eof()

        lane.device = behave
        found: list[object] = []
        asking = modbus.identity(wire(), target(lane.port, "modbus"), unit=1)
        kind = await outcome(asking, found.append)
        return found[0] if found else kind

    from tests.fuzz.hostile import lane as device_lane

    async with device_lane() as lane:
        lane.spoiling = lambda writer: Breaking(writer, Random(0), "right", 9)
        told = [await cut(at) for at in range(length + 1)]

    assert told == ["HungUp"] * length + [whole]
