"""The numbers of each probing class; unknown devices are fragile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from appliance.site.assets import Asset, Link


@dataclass(frozen=True, kw_only=True)
class ProbingClass:
    """
    What a device may be asked to bear.

    `every` is the default of a whole visit, `floor` its least interval; `liveness`, `handshake`
    and `login` are the least intervals of such questions (login None: never).  `pause` is the
    seconds after a connection is fully closed, `connect` and `whole` the seconds one connection
    attempt and one question may take.  `burst` packets may leave at once, then
    `packets_a_second`.  `packets_a_sweep` and `packets_a_day` are hard stops, and so is
    `octets_a_day` (both ways; None: the link does not count).  The breaker opens after
    `breaker_after` transport failures in a row, for `breaker_open` seconds at first.  A port is
    given `tls_a_sweep` TLS handshakes, `tls_apart` seconds apart.
    """

    every: timedelta
    floor: timedelta
    liveness: timedelta
    handshake: timedelta
    login: timedelta | None
    pause: float
    connect: float
    whole: float
    connections_a_minute: int
    packets_a_second: float
    burst: int
    packets_a_sweep: int
    packets_a_day: int
    breaker_after: int
    tls_a_sweep: int
    tls_apart: float = 30.0
    breaker_open: float = 900.0
    octets_a_day: int | None = None
    # Robust devices would bear two, but one is what can be promised to everybody.
    connections: int = 1


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

FRAGILE = ProbingClass(
    every=DAY,
    floor=12 * HOUR,
    liveness=15 * MINUTE,
    handshake=DAY,
    login=None,
    pause=10.0,
    connect=3.0,
    whole=30.0,
    connections_a_minute=4,
    packets_a_second=2,
    burst=10,
    packets_a_sweep=60,
    packets_a_day=600,
    breaker_after=1,
    tls_a_sweep=1,
)
STANDARD = ProbingClass(
    every=HOUR,
    floor=30 * MINUTE,
    liveness=5 * MINUTE,
    handshake=HOUR,
    login=DAY,
    pause=2.0,
    connect=3.0,
    whole=15.0,
    connections_a_minute=20,
    packets_a_second=10,
    burst=20,
    packets_a_sweep=200,
    packets_a_day=6_000,
    breaker_after=2,
    tls_a_sweep=3,
)
ROBUST = ProbingClass(
    every=HOUR,
    floor=15 * MINUTE,
    liveness=MINUTE,
    handshake=15 * MINUTE,
    login=HOUR,
    pause=0.5,
    connect=2.0,
    whole=10.0,
    connections_a_minute=60,
    packets_a_second=20,
    burst=40,
    packets_a_sweep=400,
    packets_a_day=20_000,
    breaker_after=3,
    tls_a_sweep=4,
)
CLASSES = {"fragile": FRAGILE, "standard": STANDARD, "robust": ROBUST}

# A laboratory lifts floors and pauses and answers fast; never what may be sent, how many
# connections at a time, or the breaker, which keeps its class's patience and only opens shortly.
LABORATORY = ProbingClass(
    every=MINUTE,
    floor=timedelta(0),
    liveness=timedelta(0),
    handshake=timedelta(0),
    login=timedelta(0),
    pause=0.0,
    connect=0.5,
    whole=6.0,
    connections_a_minute=1_000_000,
    packets_a_second=1_000_000,
    burst=1_000_000,
    packets_a_sweep=1_000_000,
    packets_a_day=1_000_000_000,
    breaker_after=1,
    tls_a_sweep=4,
    tls_apart=0.0,
    breaker_open=30.0,
)

# A radio link repeats lost frames by itself for tenths of a second and a sleeping cellular modem
# takes 1 to 3 s to be woken: with the deadlines of a LAN its first answer would be a "timeout".
SLOWER = {"lan": 1, "radio": 2, "cellular": 3}


def class_of(probing: str, *, laboratory: bool, link: Link | None = None) -> ProbingClass:
    """
    The numbers for a probing class over a link; `never` has none and raises `KeyError`.

    A slow link lengthens deadlines and brings its bytes a day; it loosens no other number.
    """
    numbers = CLASSES[probing]
    return _made(LABORATORY if laboratory else numbers, numbers.breaker_after, link)


@cache
def _made(numbers: ProbingClass, breaker_after: int, link: Link | None) -> ProbingClass:
    if link is None:
        return replace(numbers, breaker_after=breaker_after)
    slower = SLOWER[link.kind]
    return replace(
        numbers,
        breaker_after=breaker_after,
        connect=numbers.connect * slower,
        whole=numbers.whole * slower,
        octets_a_day=link.octets,
    )


def class_for(asset: Asset, *, laboratory: bool) -> ProbingClass:
    """The numbers of an asset: its class over its link.  Raises as `class_of`."""
    return class_of(asset.probing, laboratory=laboratory, link=asset.link)
