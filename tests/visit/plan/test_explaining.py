"""Every packet of ours is explained by the plan or named; each way to be unexplained is shown."""

import struct

import pytest

from appliance.visit.plan.explaining import Explainer
from appliance.visit.plan.plan import plan
from tests.visit.plan.frames import (
    ACK,
    PSH,
    RST,
    START,
    SYN,
    arp,
    conversation,
    ethernet,
    frame,
    icmp,
    ip,
    tcp,
    udp,
)
from tests.visit.plan.sites import OURS, PLAIN, PLC, RTU, SWITCH, made

IDENTIFY = bytes.fromhex("123400000005032b0e0100")
WRITE = bytes.fromhex("123400000006030600010001")
GET = bytes.fromhex(
    "302602010104067075626c6963a019020101020100020100300e300c06082b060102010103000500"
)
SET = GET.replace(b"\xa0\x19", b"\xa3\x19")


def report(frames, site=None, **more):
    site = site or made()
    explainer = Explainer(site, plan(site), **more)
    for one in frames:
        explainer.feed(one)
    return explainer.finish()


def whys(frames, site=None, **more):
    return [row.why for row in report(frames, site, **more).unexplained]


def asked(*requests, **more):
    return list(conversation(OURS, 40_001, RTU, 502, requests, **more))


def test_a_healthy_visit_is_explained_to_the_last_packet():
    found = report([*asked(IDENTIFY, IDENTIFY), *probe(PLC, 4840, at=5)])

    assert not found.unexplained
    assert (found.connections, found.judged, found.resets) == (2, 2, 0)
    assert found.sent == 8 + 4
    assert found.answers == 4 + 2
    assert found.devices[RTU].packets == 8


def probe(target, port, source=OURS, **more):
    return conversation(source, 40_002, target, port, (), **more)


def test_a_write_is_named_with_its_function():
    assert whys(asked(WRITE)) == ["function 6 is not on the allow-list"]


def test_another_unit_than_the_declared_one_is_named():
    other = IDENTIFY[:6] + b"\x04" + IDENTIFY[7:]

    (why,) = whys(asked(other))

    assert "4" in why


def test_a_write_behind_a_read_in_one_segment_is_named():
    assert whys(asked(IDENTIFY + WRITE)) == ["function 6 is not on the allow-list"]


def test_a_write_cut_into_single_octets_out_of_order_and_repeated_is_named():
    frames = asked(*(WRITE[n : n + 1] for n in range(len(WRITE))))
    data = [f for f in frames if len(f.data) == 55]
    frames[3:-3] = [*reversed(data), *data]

    found = report(frames)

    assert [row.why for row in found.unexplained] == ["function 6 is not on the allow-list"]


def test_a_request_the_capture_lost_a_part_of_is_not_explained():
    frames = asked(IDENTIFY[:5], IDENTIFY[5:])
    del frames[3]

    assert whys(frames) == ["bytes of it are missing in the capture"]


def test_half_a_request_is_not_explained():
    assert whys(asked(IDENTIFY[:9])) == ["its last request is not whole"]


def test_a_request_the_capture_kept_only_the_beginning_of_is_not_explained():
    frames = asked()
    frames.insert(3, tcp(OURS, 40_001, RTU, 502, PSH | ACK, seq=1001, payload=IDENTIFY, keep=60))

    (why,) = whys(frames)

    assert "only the beginning" in why


@pytest.mark.parametrize("port", [21, 102, 4840])
def test_a_byte_to_a_port_that_is_only_connected_to_is_named(port):
    target, asks = (PLC, b"hello") if port != 102 else ("10.0.1.13", b"hello")
    if port == 4840:
        # Declared, but from the plain vantage nobody may speak to it.
        frames = conversation(PLAIN, 40_001, PLC, 4840, [asks])
        site = made(conduits=[{"id": "c", "from": "dmz", "to": "control", "allow": []}])
    else:
        frames, site = conversation(OURS, 40_001, target, port, [asks]), None

    assert whys(frames, site) == ["5 bytes to a port that is only connected to"]


@pytest.mark.parametrize(
    ("target", "port"), [("10.0.1.77", 502), (RTU, 503), (RTU, 9100), ("10.0.1.99", 502)]
)
def test_a_target_outside_the_plan_is_named(target, port):
    (why,) = whys([tcp(OURS, 40_001, target, port, SYN)])

    assert why == "this target is not in the plan"


def test_safety_and_never_assets_are_outside_the_plan():
    site = made()

    assert {"burner", "drive"} == set(plan(site).untouched)


def test_a_source_port_of_somebody_else_is_named():
    (why,) = whys([tcp(OURS, 51_000, RTU, 502, SYN)])

    assert "source port" in why


def test_two_connections_to_one_device_at_a_time_are_named():
    first, second = asked(IDENTIFY), list(probe(RTU, 502, at=0.02))

    (why,) = whys(sorted([*first, *second], key=lambda f: f.at))

    assert why == "2 connections to rtu at a time"


def test_connections_one_after_the_other_are_one_at_a_time():
    found = report([*asked(IDENTIFY), *probe(RTU, 502, at=1)])

    assert not found.unexplained
    assert found.devices[RTU].at_once == 1


def test_a_connection_nobody_answered_is_over_with_its_last_syn():
    silent = [tcp(OURS, 40_001, RTU, 21, SYN, seq=1, at=n) for n in range(4)]
    early = tcp(OURS, 40_003, RTU, 23, SYN, seq=9, at=2.5)
    late = tcp(OURS, 40_003, RTU, 23, SYN, seq=9, at=3.5)

    assert not whys([*silent, late])
    assert whys(sorted([*silent, early], key=lambda f: f.at)) == [
        "an attempt goes on beside a newer connection"
    ]


def test_a_reset_of_a_healthy_connection_is_named_and_counted():
    frames = [*asked(IDENTIFY)[:-3], tcp(OURS, 40_001, RTU, 502, RST, at=1)]

    found = report(frames)

    assert [r.why for r in found.unexplained] == [
        "a reset of a connection that nothing was wrong with"
    ]
    assert found.resets == 1


def test_a_reset_after_our_fin_is_counted_and_no_more():
    frames = [*asked(IDENTIFY)[:-2], tcp(OURS, 40_001, RTU, 502, RST, at=3)]

    found = report(frames)

    assert not found.unexplained
    assert found.resets == 1


def test_a_late_answer_to_an_attempt_given_up_is_reset_by_the_kernel():
    frames = [
        tcp(OURS, 40_001, RTU, 21, SYN, seq=1),
        tcp(RTU, 21, OURS, 40_001, SYN | ACK, at=9),
        tcp(OURS, 40_001, RTU, 21, RST, at=9.1),
    ]

    assert not whys(frames)


def test_what_the_kernel_says_by_itself_is_named_as_its_own():
    site = made()
    six = made(appliance={"id": "e", "vantages": [{"id": "m", "zone": "dmz", "source": "fd00::5"}]})

    found = report([arp(OURS, RTU), icmp(OURS, RTU, 3), icmp(OURS, RTU, 0)], site)
    nd = report([icmp("fd00::5", "ff02::1:ff00:11", 135)], six)

    assert not found.unexplained
    assert not nd.unexplained
    assert found.kernel == {"arp": 1, "icmp type 3": 1, "icmp type 0": 1}
    assert nd.kernel == {"icmp6 type 135": 1}


@pytest.mark.parametrize(
    "odd",
    [
        icmp(OURS, RTU, 8),
        icmp(OURS, RTU, 13),
        frame(ethernet(0x0800, ip(OURS, RTU, 132, bytes(12)))),
        frame(ethernet(0x0800, ip(OURS, RTU, 17, bytes(12), fragment=0x2000))),
    ],
)
def test_what_we_never_send_is_named(odd):
    (why,) = whys([odd])

    assert why.startswith("we never send")


def test_a_ping_a_scan_and_a_stranger_do_not_hide_among_foreign_packets():
    stranger = tcp("10.0.0.77", 5, RTU, 502, SYN)
    found = report([stranger, icmp("10.0.0.77", RTU, 8), tcp(RTU, 502, "10.0.0.77", 5, SYN | ACK)])

    assert found.foreign == 3
    assert not found.unexplained


def test_an_answer_to_a_connection_that_others_opened_is_named():
    frames = [tcp(RTU, 999, OURS, 22, SYN), tcp(OURS, 22, RTU, 999, SYN | ACK)]

    (why,) = whys(frames)

    assert why == f"it answers a connection that {RTU} opened"


def test_refusing_a_stranger_is_the_kernels():
    found = report([tcp(RTU, 999, OURS, 22, SYN), tcp(OURS, 22, RTU, 999, RST | ACK)])

    assert not found.unexplained
    assert found.kernel == {"tcp reset to what others sent us": 1}


def test_a_connection_whose_beginning_is_missing_is_named():
    (why,) = whys([tcp(OURS, 40_001, RTU, 502, PSH | ACK, payload=IDENTIFY)])

    assert why == "the beginning of its connection is not in the capture"


def test_a_get_is_explained_and_a_set_is_named():
    assert not whys([udp(OURS, 40_001, SWITCH, 161, GET)])
    assert whys([udp(OURS, 40_001, SWITCH, 161, SET)]) == ["PDU tag 0xa3 is not on the allow-list"]


def test_a_datagram_to_nobody_declared_is_named():
    assert whys([udp(OURS, 40_001, RTU, 161, GET)]) == ["this target is not in the plan"]


def test_a_second_look_is_explained_and_what_it_may_not_say_is_named():
    assert not whys([udp(PLAIN, 40_001, SWITCH, 161, GET)])
    assert whys([udp(PLAIN, 40_001, SWITCH, 161, SET)]) == ["PDU tag 0xa3 is not on the allow-list"]


def test_a_second_address_that_is_not_to_ask_is_named():
    vantages = [
        {"id": "monitor", "zone": "dmz", "source": OURS},
        {"id": "plain", "zone": "dmz", "source": PLAIN, "kind": "monitor"},
    ]
    site = made(appliance={"id": "edge", "vantages": vantages})

    assert whys([udp(PLAIN, 40_001, SWITCH, 161, GET)], site) == ["this target is not in the plan"]


def opcua(kind: bytes, body: bytes) -> bytes:
    return kind + b"F" + struct.pack("<I", 8 + len(body)) + body


def channel(policy: bytes, request: bytes) -> bytes:
    uri = b"http://opcfoundation.org/UA/SecurityPolicy#" + policy
    head = struct.pack("<II", 0, len(uri)) + uri + struct.pack("<iiII", -1, -1, 1, 1)
    return opcua(b"OPN", head + request)


HEADER = bytes(2) + bytes(8) + bytes(4) * 2 + b"\xff" * 4 + bytes(4) + bytes(3)
OPEN = b"\1\0\xbe\1" + HEADER + struct.pack("<IIIiI", 0, 0, 1, -1, 60_000)
ENDPOINTS = b"\1\0\xac\1" + HEADER + struct.pack("<iii", -1, -1, -1)
WRITE_REQUEST = b"\1\0\xa1\2" + HEADER + struct.pack("<i", -1)


@pytest.mark.parametrize(
    ("request_", "said"),
    [(ENDPOINTS, None), (WRITE_REQUEST, "request type i=673 is not on the allow-list")],
)
def test_opcua_requests_in_clear_are_judged(request_, said):
    messages = [
        opcua(b"HEL", struct.pack("<IIIIIi", 0, 65_535, 8_192, 0, 0, -1)),
        channel(b"None", OPEN),
        opcua(b"MSG", struct.pack("<IIII", 1, 1, 2, 2) + request_),
    ]

    found = report(conversation(OURS, 40_001, PLC, 4840, messages))

    assert [r.why for r in found.unexplained] == ([] if said is None else [said])
    assert found.judged == 3


def test_opcua_requests_in_a_secured_channel_are_counted_as_hidden():
    messages = [
        opcua(b"HEL", struct.pack("<IIIIIi", 0, 65_535, 8_192, 0, 0, -1)),
        channel(b"Basic256Sha256", b"sealed"),
        opcua(b"MSG", struct.pack("<IIII", 1, 1, 2, 2) + b"sealed"),
    ]

    found = report(conversation(OURS, 40_001, PLC, 4840, messages))

    assert not found.unexplained
    assert (found.judged, found.hidden) == (1, 2)


def test_something_else_on_an_opcua_port_is_named():
    (why,) = whys(conversation(OURS, 40_001, PLC, 4840, [b"GET / HTTP/1.0\r\n\r\n"]))

    assert why.startswith("no OPC UA message")


def test_too_fast_is_named_once_at_the_packet_that_is_too_much():
    frames = []
    for n in range(40):
        frames += asked(at=n / 1000 * 20, isn=n * 1000, step=0.001)

    found = [w for w in whys(frames) if "within 1 s" in w]

    assert found == ["packet 61 within 1 s, of 60 that its class allows"]


def test_a_visit_and_a_day_have_their_limits():
    # 0.5 s apart, 4 packets each: no second is too full.
    visit = [f for n in range(110) for f in asked(at=n * 0.5, isn=n * 1000)]
    quiet = [f for n in range(5_010) for f in asked(at=n * 10.0 + n // 90 * 200, isn=n * 100)]

    assert "packet 401 in one visit, of 400 that its class allows" in whys(visit)
    assert whys(quiet) == ["packet 20001 within 24 h, of 20000 that its class allows"]


def test_control_hosts_and_flows_named_by_a_person_are_explained_and_not_judged():
    frames = [
        *conversation(OURS, 40_001, "10.0.0.20", 443, ()),
        *conversation(OURS, 41_500, "10.0.0.40", 8883, [b"anything"]),
    ]

    assert whys(frames)[0] == "this target is not in the plan"
    assert not whys(frames, also=[("tcp", "10.0.0.40", 8883)])


def test_an_address_the_kernel_chose_is_named_by_the_caller():
    site = made(appliance={"id": "e", "vantages": [{"id": "m", "zone": "dmz"}]})

    assert report(asked(IDENTIFY), site).sent == 0
    assert report(asked(IDENTIFY), site, sources=[OURS]).sent == 6
    assert not whys(asked(IDENTIFY), site, sources=[OURS])
    assert whys(asked(WRITE), site, sources=[OURS])


def test_packets_nobody_can_read_are_counted():
    found = report([frame(ethernet(0x0800, b"\x45"))])

    assert found.unreadable == 1


def test_the_first_time_and_the_count_are_kept():
    syns = [tcp(OURS, 40_001, "10.0.9.9", 80, SYN, seq=1, at=n) for n in (1, 2, 3)]

    found = report(syns)

    ((row, count),) = found.unexplained.items()
    assert count == 3
    assert row.at - START == 1_000_000_000
