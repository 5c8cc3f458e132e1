from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.site.model import Port
from appliance.site.scalars import ControlHost, Window, address, duration, mac, network, written


@given(st.sampled_from(["tcp", "udp"]), st.integers(1, 65535))
def test_a_port_reads_what_it_writes(transport, number):
    port = Port(transport, number)

    assert Port.parse(str(port)) == port
    assert port.id == f"{transport}-{number}"


@pytest.mark.parametrize(
    "text",
    ["tcp/0", "tcp/65536", "tcp/99999", "tcp/", "sctp/80", "TCP/80", "80", "tcp/080", "tcp/8 0",
     "tcp/80\n", "", 80, None, "tcp/\u0663"],
)  # fmt: skip
def test_what_is_no_port_is_refused(text):
    with pytest.raises(ValueError, match="write tcp/NUMBER"):
        Port.parse(text)


@given(st.integers(1, 3660 * 86_400))
def test_a_duration_reads_what_it_writes(seconds):
    value = timedelta(seconds=seconds)

    assert duration(written(value)) == value


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("15m", 900), ("24h", 86_400), ("7d", 604_800)]
)
def test_durations_are_a_number_and_a_unit(text, seconds):
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    ["0s", "-5s", "5", 5, "5min", "1.5h", "1h30m", "", None, "9999999999d", "\u0665s", "5s\n"],
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="write "):
        duration(text)


@given(st.text())
def test_any_text_is_a_value_or_a_value_error(text):
    said = []
    for reader in (Port.parse, ControlHost.parse, Window.parse, duration, address, network, mac):
        try:
            reader(text)
        except ValueError as error:
            said.append(str(error))

    assert all(line.startswith("write ") for line in said)


@pytest.mark.parametrize(
    "text",
    ["plc.local", "10.0.0.0/8", "224.0.0.1", "0.0.0.0", "::ffff:10.0.0.1", "fe80::1%eth0", 7],
)
def test_an_address_is_a_literal_of_one_host(text):
    with pytest.raises(ValueError, match="write "):
        address(text)


@pytest.mark.parametrize("text", ["tcp/10.10.10.20:443", "tcp/[fd00::1]:443", "udp/10.0.0.1:161"])
def test_a_control_host_reads_what_it_writes(text):
    assert str(ControlHost.parse(text)) == text


def test_a_network_with_host_bits_says_the_network():
    with pytest.raises(ValueError, match=r"write 10\.0\.0\.0/24"):
        network("10.0.0.1/24")


@pytest.mark.parametrize(
    ("window", "at", "covered"),
    [
        ("Mon 06:00-08:00", "2026-03-02T06:00", True),
        ("Mon 06:00-08:00", "2026-03-02T08:00", False),
        ("Mon 06:00-08:00", "2026-03-03T07:00", False),
        ("Fri-Mon 22:00-02:00", "2026-03-03T01:59", True),
        ("Fri-Mon 22:00-02:00", "2026-03-03T22:30", False),
        ("Fri-Mon 22:00-02:00", "2026-03-06T01:00", False),
        ("daily 12:00-13:00", "2026-03-05T12:59", True),
    ],
)
def test_a_window_covers_its_own_hours_only(window, at, covered):
    assert Window.parse(window).covers(datetime.fromisoformat(at)) is covered
