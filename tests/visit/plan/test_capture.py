"""Captures of both kinds are read alike, and a broken one says how much it lost."""

import struct
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.visit.plan.capture import Capture, Frame, NoCapture
from appliance.visit.plan.packets import Unreadable, packet
from tests.visit.plan.frames import START, ethernet, ip, pcap, pcapng, tcp

FRAMES = [
    tcp("10.0.0.5", 40_000, "10.0.1.11", 502, 2, seq=5, at=0.25),
    tcp("10.0.0.5", 40_000, "10.0.1.11", 502, 24, seq=6, payload=b"abcde", at=1.5),
]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_a_classic_capture_is_read_in_both_orders_and_units(tmp_path, order, nano):
    assert list(Capture(pcap(tmp_path / "a", FRAMES, order=order, nano=nano))) == FRAMES


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("resolution", [None, 9, 0x80 | 20])
def test_a_pcapng_is_read_in_both_orders_and_its_interfaces_resolution(tmp_path, order, resolution):
    path = pcapng(tmp_path / "a", FRAMES, order=order, resolution=resolution)

    found = list(Capture(path))

    assert [f.data for f in found] == [f.data for f in FRAMES]
    assert [abs(f.at - g.at) < 2000 for f, g in zip(found, FRAMES, strict=True)] == [True, True]


def test_simple_blocks_carry_no_time(tmp_path):
    found = list(Capture(pcapng(tmp_path / "a", FRAMES, simple=True)))

    assert [f.data for f in found] == [f.data for f in FRAMES]
    assert {f.at for f in found} == {0}


@pytest.mark.parametrize("write", [pcap, pcapng])
def test_a_capture_cut_anywhere_gives_what_it_has_and_counts_what_it_lost(tmp_path, write):
    whole = write(tmp_path / "whole", FRAMES).read_bytes()
    path = tmp_path / "cut"
    seen = set()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        capture = Capture(path)
        try:
            found = list(capture)
        except NoCapture:
            assert length < 24
            continue
        assert found == FRAMES[: len(found)]
        assert capture.unreadable <= 1
        assert bool(capture.why) == bool(capture.unreadable)
        seen.add((len(found), capture.unreadable))

    assert {(0, 1), (1, 1), (1, 0)} <= seen


def test_another_file_is_refused_with_what_it_begins_with(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"\x89PNG and more")

    with pytest.raises(NoCapture, match="89 50 4e 47; write a capture with tcpdump"):
        list(Capture(path))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), magic=st.sampled_from([b"\xd4\xc3\xb2\xa1", b"\n\r\r\n"]))
def test_no_rubbish_ends_in_a_traceback(tmp_path, data, magic):
    path = tmp_path / "a"
    path.write_bytes(magic + data)
    try:
        for frame in Capture(path):
            packet(frame)
    except (NoCapture, Unreadable):
        pass


@given(data=st.binary(max_size=120), link=st.sampled_from([0, 1, 12, 101, 113, 276, 147]))
def test_no_rubbish_frame_is_more_than_unreadable(data, link):
    with suppress(Unreadable):
        packet(Frame(0, link, data, len(data)))


SEGMENT = struct.pack("!HHIIBBHHH", 40_000, 502, 9, 0, 5 << 4, 24, 0, 0, 0) + b"xyz"
FOUR, SIX = ip("10.0.0.5", "10.0.1.11", 6, SEGMENT), ip("fd00::5", "fd00::11", 6, SEGMENT)


@pytest.mark.parametrize(
    ("link", "data"),
    [
        (1, ethernet(0x0800, FOUR)),
        (1, ethernet(0x0800, FOUR, vlan=True)),
        (1, ethernet(0x0800, FOUR) + bytes(6)),
        (12, FOUR),
        (101, FOUR),
        (101, SIX),
        (113, bytes(14) + b"\x08\x00" + FOUR),
        (276, b"\x08\x00" + bytes(18) + FOUR),
        (276, b"\x86\xdd" + bytes(18) + SIX),
        (0, b"\x02\0\0\0" + FOUR),
    ],
)
def test_every_link_type_gives_the_same_segment(link, data):
    found = packet(Frame(START, link, data, len(data)))

    assert found is not None
    assert (found.sport, found.dport, found.seq, found.payload) == (40_000, 502, 9, b"xyz")
    assert not found.cut


def test_an_ipv6_extension_header_is_stepped_over():
    data = ip("fd00::5", "fd00::11", 0, bytes([6, 0]) + bytes(6) + SEGMENT)

    found = packet(Frame(0, 101, data, len(data)))

    assert found is not None
    assert (found.kind, found.payload) == ("tcp", b"xyz")


def test_a_later_fragment_is_called_one():
    data = ip("10.0.0.5", "10.0.1.11", 6, SEGMENT, fragment=0x2000)

    found = packet(Frame(0, 101, data, len(data)))

    assert found is not None
    assert found.kind == "fragment"


def test_a_segment_cut_by_the_capture_says_so():
    data = FOUR[:-2]

    found = packet(Frame(0, 101, data, len(FOUR)))

    assert found is not None
    assert found.cut
