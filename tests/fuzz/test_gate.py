"""Random requests: what the gate lets through, an independent decoder would let through too."""

from __future__ import annotations

import time
from random import Random

import pytest

from collectors import allowed
from collectors.allowed import ON_THE_WIRE
from tests.fuzz import http_reference, modbus_reference, opcua_reference, snmp_reference
from tests.fuzz.generating import LONG, strings
from tests.fuzz.requests import kinds

SERIES = 1_000_000 if LONG else 20_000
CHUNK = 10_000
GATES = {**ON_THE_WIRE, "opcua": allowed.opcua.judge}
REFERENCES = {
    "modbus": modbus_reference.allowed,
    "opcua": opcua_reference.allowed,
    "snmp": snmp_reference.allowed,
    "http": http_reference.allowed,
}


@pytest.fixture(params=REFERENCES)
def protocol(request):
    return request.param


def test_nothing_passes_that_an_independent_decoder_would_not_allow(protocol, note):
    kind, gate, reference = kinds()[protocol], GATES[protocol], REFERENCES[protocol]
    rng = Random(f"upheld {protocol}")
    accepted, wrong, seconds = 0, [], 0.0
    for _ in range(SERIES // CHUNK):
        tried = list(strings(rng, kind.shaped, kind.pool, CHUNK))
        started = time.perf_counter()
        passed = [data for data in tried if gate(kind.permits, data) is None]
        seconds += time.perf_counter() - started
        accepted += len(passed)
        wrong += [data.hex() for data in passed if not reference(kind.permits, data)]
    note(f"gate {protocol}", SERIES, "accepted", accepted, "wrongly", len(wrong), "s", seconds)

    assert wrong == []
    assert accepted > SERIES // 100
    assert seconds < 180 * SERIES / 1_000_000 + 1


def test_a_gate_that_lets_everything_through_would_be_found_out(protocol):
    kind, reference = kinds()[protocol], REFERENCES[protocol]
    tried = strings(Random(2), kind.shaped, kind.pool, 500)

    assert sum(not reference(kind.permits, data) for data in tried) > 100


def test_what_the_gate_refuses_of_our_own_shapes_has_a_reason_in_words(protocol):
    kind, gate = kinds()[protocol], GATES[protocol]
    reasons = {gate(kind.permits, data) for data in kind.pool}

    assert len(reasons) > 3
    assert all(why is None or why.isprintable() for why in reasons)
