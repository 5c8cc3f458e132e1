"""FTP, telnet, VNC, MQTT and NTP."""

from __future__ import annotations

import re
from typing import Any

from checks.facts.expected import Limits
from collectors import ftp, mqtt_broker, ntp, telnet, vnc
from tests.fuzz.memory import NOW, InMemory, Says
from tests.fuzz.subjects.subject import PHRASE, Subject, script

TCP = 6
NOTICE = {"limits": Limits(login_notice=(PHRASE,))}
# The letters in their order; terminals' own octets may stand between them.
SHOWN = re.compile(
    b".{0,9}?".join(bytes([letter]) for letter in PHRASE.replace(" ", "").encode()),
    re.DOTALL | re.IGNORECASE,
)
READY = b"220-Pump station 3\r\n220 Authorised use only.\r\n"
PROMPT = b"\xff\xfd\x18\xff\xfb\x01\x1b[1mPump 3\x1b[0m\r\nAuthorised use only.\r\n\r\nlogin: "
_SECONDS = int((NOW.replace(tzinfo=None) - NOW.replace(year=1900, month=1, day=1, hour=0,
                                                        tzinfo=None)).total_seconds())  # fmt: skip


def shows_notice(_check: str, _facts: Any, wire: InMemory) -> bool:
    return SHOWN.search(wire.said) is not None


def turned_away(_check: str, _facts: Any, wire: InMemory) -> bool:
    return re.search(rb"(?m)^530(?=[ \r\n-]|\Z)", wire.said) is not None


def asks_password(_check: str, _facts: Any, wire: InMemory) -> bool:
    """None of the types it lists is 1, and as many are there as it says."""
    head, body = wire.said[:12], wire.said[12:]
    version = re.fullmatch(rb"RFB (\d{3})\.(\d{3})\n", head)
    if version is None:
        return False
    if (int(version[1]), int(version[2])) < (3, 7):
        return int.from_bytes(body[:4], "big") > 1
    types = body[1 : 1 + body[0]]
    return len(types) == body[0] > 0 and not {0, 1} & set(types)


def turns_strangers_away(_check: str, _facts: Any, wire: InMemory) -> bool:
    return wire.said[:4] in (b"\x20\2\0\4", b"\x20\2\0\5")


def keeps_time(check: str, _facts: Any, wire: InMemory) -> bool:
    """As RFC 5905 has it, 7.3: synchronised, and an answer to what we sent."""
    asked, told = wire.talks[0].heard[0], wire.talks[0].said[0]
    ours = len(told) >= 48 and told[0] & 7 == 4 and told[24:32] == asked[40:48]
    if check == "ntp-service-healthy":
        return ours and told[0] >> 6 != 3 and 1 <= told[1] <= 15
    seconds = [int.from_bytes(told[at : at + 4], "big") - _SECONDS for at in (32, 40)]
    return ours and abs(sum(seconds) / 2) <= 11


def clock(leap: int = 0, stratum: int = 2) -> Any:
    def begun() -> Says:
        def says(asked: bytes) -> bytes:
            if not asked:
                return b""
            now = _SECONDS.to_bytes(4, "big") + b"\x40\0\0\0"
            since = (_SECONDS - 40).to_bytes(4, "big") + bytes(4)
            head = bytes([leap << 6 | 4 << 3 | 4, stratum, 6, 0xEC])
            return head + bytes(6) + b"\1\0" + b"\x0a\0\0\1" + since + asked[40:48] + now + now

        return says

    return begun


def _ftp_anonymous(*replies: bytes) -> Any:
    return script(READY, *replies, b"221 Bye.\r\n")


GREETINGS = (
    Subject(
        "ftp greeting",
        "ftp",
        ftp.greeting,
        (script(READY, b"234 Proceed.\r\n"), script(READY, b"502 No.\r\n", b"221 Bye.\r\n")),
        2,
        shows_notice,
        frozenset({"login-notice-shown"}),
        NOTICE,
    ),
    Subject(
        "ftp anonymous",
        "ftp",
        ftp.anonymous,
        (
            _ftp_anonymous(b"331 Password?\r\n", b"530 Login incorrect.\r\n"),
            _ftp_anonymous(b"331 Password?\r\n", b"230 Welcome.\r\n"),
            _ftp_anonymous(b"530 Nobody.\r\n"),
            _ftp_anonymous(b"530 Use TLS first.\r\n"),
        ),
        3,
        turned_away,
        frozenset({"ftp-anonymous-refused"}),
    ),
    Subject(
        "telnet",
        "telnet",
        telnet.greeting,
        (script(PROMPT), script(b"Authorised use only\r\n")),
        1,
        shows_notice,
        frozenset({"login-notice-shown"}),
        NOTICE,
    ),
    Subject(
        "vnc",
        "vnc",
        vnc.security,
        (
            script(b"RFB 003.008\n", b"\1\2"),
            script(b"RFB 003.008\n", b"\2\1\2"),
            script(b"RFB 003.003\n", b"\0\0\0\2"),
            script(b"RFB 003.003\n", b"\0\0\0\1"),
            script(b"RFB 003.007\n", b"\0\0\0\0\5later"),
        ),
        2,
        asks_password,
        frozenset({"vnc-protected"}),
    ),
    Subject(
        "mqtt",
        "mqtt",
        mqtt_broker.anonymous,
        tuple(script(b"", bytes((0x20, 2, 0, code))) for code in (0, 0, 3, 5)),
        1,
        turns_strangers_away,
        frozenset({"mqtt-broker-protected"}),
    ),
    Subject(
        "ntp",
        "ntp",
        ntp.server,
        (clock(), clock(leap=3), clock(stratum=16), clock(stratum=0)),
        1,
        keeps_time,
        frozenset({"ntp-service-healthy", "clock-offset-within-limit"}),
    ),
)
