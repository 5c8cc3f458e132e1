"""Short answers that would make the library build lists for minutes are refused at once."""

from __future__ import annotations

import struct
import time

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary, variant_from_binary

from collectors.opcua_decoding import MOST_ELEMENTS, Forwards

NULL, STRING, VARIANT, CUSTOM, ARRAY, MATRIX = 0, 12, 24, 42, 0x80, 0xC0


def array(kind: int, count: int, rest: bytes = b"") -> bytes:
    return bytes([kind]) + struct.pack("<i", count) + rest


@pytest.mark.parametrize(
    "octets",
    [
        array(ARRAY | NULL, 2**31 - 1),
        array(ARRAY | VARIANT, 8_000, array(ARRAY | NULL, 20_000) * 8_000),
        array(ARRAY | STRING, 2**31 - 1, struct.pack("<i", -4)),
        array(ARRAY | STRING, 1, struct.pack("<i", -4)),
        array(ARRAY | CUSTOM, 2**31 - 1, struct.pack("<i", -1) * 4),
        array(MATRIX | 1, 1, b"\1" + struct.pack("<3i", 2, MOST_ELEMENTS, 2)),
    ],
)
def test_a_variant_of_more_elements_than_octets_is_refused(octets):
    began = time.thread_time()
    with pytest.raises((ValueError, ua.UaError)):
        variant_from_binary(Forwards(octets))

    assert time.thread_time() - began < 0.1


def test_what_is_right_is_read_as_before():
    for value in ([], [1, 2, 3], [[1, 2], [3, 4]], ["a", ""], None):
        kind = ua.VariantType.String if value == ["a", ""] else ua.VariantType.Int32
        told = ua.DataValue(ua.Variant(value, kind if value is not None else ua.VariantType.Null))

        read = struct_from_binary(ua.DataValue, Forwards(struct_to_binary(told)))

        assert (read.Value.Value or None) == (value or None)


@pytest.mark.parametrize("size", [-1, -2, -(2**31)])
def test_nothing_is_read_backwards(size):
    data = Forwards(b"abcdef")
    data.read(3)

    for taking in (data.read, data.skip):
        with pytest.raises(ValueError, match="a length of"):
            taking(size)
    assert data.read(3) == b"def"
