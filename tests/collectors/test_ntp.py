"""NTP: one datagram whose answer must repeat our random number; chrony synchronised and not."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks import BY_ID
from collectors import ntp
from collectors.allowed import ON_THE_WIRE, Permissions
from collectors.allowed import ntp as allowed
from collectors.errors import Refused, TimedOut, Unintelligible
from collectors.wire import Target, Wire
from tests.checks.given import observed, told, verdict
from tests.devices.processes import free_port, running

CHECK = BY_ID["ntp-service-healthy"]
EPOCH = datetime(1900, 1, 1, tzinfo=UTC)


def stamp(at: datetime) -> bytes:
    since = at - EPOCH
    seconds = since.days * 86_400 + since.seconds
    return struct.pack(">II", seconds % 2**32, since.microseconds * 2**32 // 1_000_000)


def answer(
    request: bytes,
    *,
    head: int = 0x24,
    stratum: int = 2,
    reference: bytes = b"\x0a\0\0\1",
    delay: int = 1 << 16,
    dispersion: int = 1 << 15,
    corrected: timedelta | None = timedelta(seconds=-64),
    off: timedelta = timedelta(),
    origin: bytes | None = None,
    more: bytes = b"",
) -> bytes:
    now = datetime.now(UTC) + off
    return (
        bytes((head, stratum, 6, 0xEC))
        + struct.pack(">iI", delay, dispersion)
        + reference
        + (bytes(8) if corrected is None else stamp(now + corrected))
        + (request[40:] if origin is None else origin)
        + stamp(now) * 2
        + more
    )


@pytest.fixture
async def of(wire):
    """`await of(answers)`: what `answers(request)` lists is sent back, one datagram each."""
    ends = []

    async def put(answers):
        class Server(asyncio.DatagramProtocol):
            def connection_made(self, transport):
                self.transport = transport

            def datagram_received(self, data, addr):
                put.heard.append(data)
                for one in answers(data):
                    self.transport.sendto(one, addr)

        put.heard = []
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            Server, local_addr=("127.0.0.1", 0)
        )
        ends.append(transport)
        port = transport.get_extra_info("sockname")[1]
        return await ntp.server(wire, Target("clock", "127.0.0.1", "udp", port, "ntp"))

    yield put
    for transport in ends:
        transport.close()


async def test_one_datagram_tells_the_time_and_what_the_server_thinks_of_it(of):
    seen = await of(lambda request: [answer(request, off=timedelta(seconds=90))])

    assert (seen.version, seen.leap, seen.stratum, seen.reference) == (4, 0, 2, "10.0.0.1")
    assert (seen.root_delay_ms, seen.root_dispersion_ms) == (1_000, 500)
    assert abs(seen.reference_age_ms - 64_000) <= 1
    assert abs(seen.clock.device - seen.clock.ours - timedelta(seconds=90)) < timedelta(seconds=0.3)
    assert seen.clock.round_trip_ms < 300
    assert [len(one) for one in of.heard] == [48]
    assert of.heard[0][:40] == b"\x23" + bytes(39)


async def test_no_two_questions_are_alike(of):
    nonces = set()
    for _ in range(3):
        await of(lambda request: [answer(request)])
        nonces.add(of.heard[0][40:])

    assert len(nonces) == 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"head": 0xE4, "stratum": 0, "reference": b"RATE"}, (4, 3, 0, "RATE")),
        ({"head": 0x24, "stratum": 0, "reference": b"DENY"}, (4, 0, 0, "DENY")),
        ({"head": 0x24, "stratum": 1, "reference": b"GPS\0"}, (4, 0, 1, "GPS")),
        ({"head": 0x24, "stratum": 1, "reference": b"\x1b[3\xff"}, (4, 0, 1, "[3")),
        ({"head": 0xE4, "stratum": 16, "reference": bytes(4)}, (4, 3, 16, "0.0.0.0")),
        ({"head": 0x5C, "stratum": 3}, (3, 1, 3, "10.0.0.1")),
        ({"head": 0x24, "more": bytes(20)}, (4, 0, 2, "10.0.0.1")),
    ],
)
async def test_kisses_sources_versions_and_extensions(of, changes, expected):
    seen = await of(lambda request: [answer(request, **changes)])

    assert (seen.version, seen.leap, seen.stratum, seen.reference) == expected
    assert (seen.clock is None) == (expected[2] == 0)


async def test_a_clock_beyond_2036_and_one_of_1970_are_read_as_they_are(of):
    for off in (timedelta(days=365 * 20), timedelta(days=-365 * 40)):
        seen = await of(lambda request, off=off: [answer(request, off=off)])
        assert abs(seen.clock.device - seen.clock.ours - off) < timedelta(seconds=1)


@pytest.mark.parametrize("corrected", [None, timedelta(seconds=5)])
async def test_a_correction_never_made_or_in_the_future_has_no_age(of, corrected):
    seen = await of(lambda request: [answer(request, corrected=corrected)])

    assert seen.reference_age_ms is None


async def test_an_answer_that_takes_back_time_holds_no_clock(of):
    def backwards(request):
        whole = answer(request)
        return [whole[:32] + whole[40:48] + stamp(datetime.now(UTC) - timedelta(seconds=9))]

    assert (await of(backwards)).clock is None


STRANGE = {
    "another's": lambda request: answer(request, origin=secrets.token_bytes(8)),
    "no origin": lambda request: answer(request, origin=bytes(8)),
    "our own": lambda request: request,
    "broadcast": lambda request: answer(request, head=0x25),
    "control": lambda request: answer(request, head=0x26),
    "private": lambda request: answer(request, head=0x27),
    "version 7": lambda request: answer(request, head=0x3C),
    "version 0": lambda request: answer(request, head=0x04),
    "half": lambda request: answer(request)[:47],
    "odd": lambda request: answer(request) + b"x",
    "text": lambda request: b"what?",
    "60 KB": lambda request: bytes(60_000),
}


@pytest.mark.parametrize("one", STRANGE.values(), ids=STRANGE)
async def test_an_answer_that_is_none_is_no_fact_and_does_not_hide_the_true_one(of, one):
    with pytest.raises(Unintelligible):
        await of(lambda request: [one(request)])
    if len(one(bytes(48))) < 4_000:
        assert (await of(lambda request: [one(request), answer(request)])).stratum == 2


async def test_a_flood_ends_after_four(of):
    with pytest.raises(Unintelligible):
        await of(lambda request: [b"what"] * 50)


async def test_silence_is_silence_and_asked_once(of):
    with pytest.raises(TimedOut):
        await of(lambda _: [])

    assert len(of.heard) == 1


async def test_a_closed_port_is_refused(wire):
    with pytest.raises(Refused):
        await ntp.server(wire, Target("clock", "127.0.0.1", "udp", free_port(), "ntp"))


def judge(message: bytes) -> str | None:
    return ON_THE_WIRE["ntp"](Permissions(), message)


def test_of_all_modes_versions_and_leaps_one_may_be_sent():
    rest = bytes(39) + b"12345678"

    assert [first for first in range(256) if judge(bytes([first]) + rest) is None] == [0x23]
    assert judge(b"\x26" + rest) == "mode 6 (control) is not on the allow-list"
    assert judge(b"\x27" + rest) == "mode 7 (private) is not on the allow-list"


def test_every_other_field_filled_and_every_other_size_is_refused():
    whole = allowed.HEAD + b"12345678"

    assert judge(whole) is None
    for at in range(40):
        assert judge(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :]) is not None
    for size in (*range(48), 49, 52, 68, 1_000):
        assert judge((whole * 25)[:size]) is not None
    assert judge(allowed.HEAD + bytes(8)) is not None


@pytest.mark.parametrize(
    ("more", "leap", "outcome"),
    [("local stratum 3", 0, "fail"), ("", 3, "fail")],
    ids=["by itself", "unsynchronised"],
)
async def test_chrony_synchronised_and_not(tmp_path, gate, more, leap, outcome):
    port, wire = free_port(), Wire(gate, connect=2, whole=10)
    async with running(_chrony(tmp_path, port, more)) as log:
        await log.until("Frequency" if "Frequency" in log.text() else "chronyd version")
        seen = await _asked(wire, port)

    assert seen.leap == leap
    assert told(verdict(CHECK, observed(seen)))[0] == outcome
    assert (seen.clock is None) == (seen.stratum == 0)


async def test_chrony_that_follows_another(tmp_path, gate):
    source, port, wire = free_port(), free_port(), Wire(gate, connect=2, whole=10)
    follow = f"server 127.0.0.1 port {source} iburst minpoll -6 maxpoll -6"
    async with (
        running(_chrony(tmp_path / "source", source, "local stratum 3")),
        running(_chrony(tmp_path / "server", port, follow)) as log,
    ):
        await log.until("Selected source")
        seen = await _asked(wire, port)

    assert (seen.leap, seen.stratum, seen.reference) == (0, 4, "127.0.0.1")
    assert told(verdict(CHECK, observed(seen))) == ("pass", "as-expected")


def _chrony(folder: Path, port: int, more: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    config = folder / "chrony.conf"
    config.write_text(
        f"port {port}\nbindaddress 127.0.0.1\ncmdport 0\nallow 127.0.0.1\n{more}\n"
        f"pidfile {folder}/pid\nbindcmdaddress /\n"
    )
    program = shutil.which("chronyd", path="/usr/sbin:/usr/bin") or ""
    user = ["-u", "root"] if os.geteuid() == 0 else ["-U"]
    return [program, "-d", "-x", *user, "-f", str(config)]


async def _asked(wire: Wire, port: int):
    """Until it listens: a closed UDP port says so at once."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await ntp.server(wire, Target("clock", "127.0.0.1", "udp", port, "ntp"))
            except Refused:
                await asyncio.sleep(0.02)
