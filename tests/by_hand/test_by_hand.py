"""What the checks say to do by hand, done: a known tool sees what our collectors see."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from checks import BY_ID
from checks.facts.verdict import Outcome
from collectors import ftp, http, mqtt_broker, snmp, ssh, tls
from collectors.allowed import Permissions
from collectors.credentials import Community, SnmpUser, Trust
from collectors.wire import Target, Wire
from tests.acceptance import greeters, peers, webs
from tests.checks.given import observed, service, verdict
from tests.devices.snmp_peers import OpenGate
from tests.devices.snmpd import snmpd

TOOLS = ("openssl", "ssh", "ssh-keyscan", "curl", "mosquitto_sub", "snmpget", "nginx", "snmpd")
pytestmark = pytest.mark.skipif(
    not all(map(peers.program, TOOLS)), reason="tools are missing: run .ci/peers"
)
USER = SnmpUser("monitor", "SHA-256", "auth secret 1", "AES-128", "priv secret 1")
UPTIME = "1.3.6.1.2.1.1.3.0"
ANYWHERE = Permissions(paths=frozenset({"/", "/broken"}))


@dataclass(frozen=True)
class Place:
    address: str
    port: int


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """By a name: web servers, shells, brokers and agents in good and bad states."""
    folder = tmp_path_factory.mktemp("peers")
    found: dict[str, Place] = {}
    with ExitStack() as stack:
        port, _ = stack.enter_context(webs.webs(folder / "webs"))
        found |= {name: Place(address, port) for name, address, *_ in webs.WEBS}
        for good in (True, False):
            for start in (greeters.ssh, greeters.mqtt, greeters.ftp):
                own = folder / f"{start.__name__}-{good}"
                own.mkdir()
                at = stack.enter_context(start(own, good=good))
                found[f"{start.__name__} {'good' if good else 'bad'}"] = Place("127.0.0.1", at)
        strict = stack.enter_context(snmpd(users=[USER]))
        loose = stack.enter_context(
            snmpd(users=[USER], levels=["noauth"], rocommunity=["public", "private", "s3cret"])
        )
        found |= {
            "snmp good": Place("127.0.0.1", strict),
            "snmp bad": Place("127.0.0.1", loose),
        }
        yield found


def ran(command: str, place: Place, **more: str) -> str:
    """What the tool says, with a person's shell between."""
    filled = command.format(address=place.address, port=place.port, **more)
    ended = subprocess.run(
        ["/bin/sh", "-c", filled],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return ended.stdout + ended.stderr


def wire() -> Wire:
    return Wire(OpenGate(), connect=1.5, whole=10.0)


def ours(check: str, place: Place, protocol: str, ask: Callable[..., Any], **expected: Any) -> str:
    """The verdict on what our own collector sees there."""
    transport = "udp" if protocol == "snmp" else "tcp"
    target = Target("a", place.address, transport, place.port, protocol, permits=ANYWHERE)
    facts = asyncio.run(ask(wire(), target))
    expected.setdefault("service", service(place.port, protocol))
    return verdict(BY_ID[check], observed(facts), **expected).outcome.value


@dataclass(frozen=True)
class Row:
    """
    One check at a good and a bad peer.

    `stated` are the words of its by_hand that are run, with `more` behind them; `holds` reads the
    tool's answer.
    """

    check: str
    good: str
    bad: str
    stated: str
    holds: Callable[[str], bool]
    protocol: str
    ask: Callable[..., Any]
    more: str = ""


async def _versions(wire: Wire, target: Target) -> Any:
    control = tls.control_of(await tls.server(wire, target, trust=Trust()))
    return await tls.versions(wire, target, control=control)


async def _suites(wire: Wire, target: Target) -> Any:
    control = tls.control_of(await tls.server(wire, target, trust=Trust()))
    return await tls.weak_suites(wire, target, control=control)


def _pages(*paths: str) -> Callable[..., Any]:
    return lambda wire, target: http.pages(wire, target, paths=paths)


def _refusals(wire: Wire, target: Target) -> Any:
    return snmp.refusals(wire, target, credential=USER, community=Community("s3cret"))


def _defaults(wire: Wire, target: Target) -> Any:
    return snmp.default_communities(wire, target, credential=USER)


def _no_answer(told: str) -> bool:
    return "Timeout" in told and "Timeticks" not in told


def _sound(told: str) -> bool:
    lists = told.partition("peer server KEXINIT proposal")[2]
    assert "ciphers ctos" in lists, told
    return re.search(r"-cbc|hmac-md5|group14-sha1|group1-", lists) is None


def _protected(told: str) -> bool:
    cookies = re.findall(r"(?im)^set-cookie: (.*)$", told)
    assert cookies, told
    return all(re.search(r"(?i)httponly.*samesite", cookie) for cookie in cookies)


HELLO = "openssl s_client -connect {address}:{port}"
ROWS = (
    Row(
        "tls-protocol-current",
        "good",
        "old",
        f"{HELLO} -tls1_1 -cipher ALL:@SECLEVEL=0",
        lambda told: "alert protocol version" in told and "Cipher is (NONE)" in told,
        "https",
        _versions,
    ),
    Row(
        "tls-cipher-strong",
        "good",
        "old",
        f"{HELLO} -tls1_2 -cipher 'eNULL:aNULL:RC4:3DES:@SECLEVEL=0'",
        lambda told: "Cipher is (NONE)" in told,
        "https",
        _suites,
    ),
    Row(
        "ssh-algorithms-strong",
        "ssh good",
        "ssh bad",
        "ssh -vv -o PreferredAuthentications=none {address} -p {port}",
        _sound,
        "ssh",
        ssh.offer,
        more=" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes",
    ),
    Row(
        "mqtt-broker-protected",
        "mqtt good",
        "mqtt bad",
        "mosquitto_sub -h {address} -p {port} -t test -W 5",
        lambda told: "not authorised" in told,
        "mqtt",
        mqtt_broker.anonymous,
    ),
    Row(
        "http-encrypted",
        "nobody",
        "plain-open",
        "curl -sI http://{address}:{port}/",
        lambda told: told == "",
        "http",
        _pages("/"),
    ),
    Row(
        "http-session-cookie-sound",
        "good",
        "open",
        "curl -skI https://{address}:{port}/",
        _protected,
        "https",
        _pages("/"),
    ),
    Row(
        "error-output-terse",
        "good",
        "open",
        "curl -sk https://{address}:{port}/",
        lambda told: "Traceback" not in told and "/var/www" not in told,
        "https",
        _pages("/", "/broken"),
        more="broken",
    ),
    Row(
        "snmp-default-community-refused",
        "snmp good",
        "snmp bad",
        "snmpget -v2c -c public",
        _no_answer,
        "snmp",
        _defaults,
        more=f" -t 1 -r 1 {{address}}:{{port}} {UPTIME}",
    ),
    Row(
        "snmp-v1v2c-disabled",
        "snmp good",
        "snmp bad",
        "snmpget -v1",
        _no_answer,
        "snmp",
        _refusals,
        more=f" -c s3cret -t 1 -r 1 {{address}}:{{port}} {UPTIME}",
    ),
    Row(
        "snmp-v3-weak-level-refused",
        "snmp good",
        "snmp bad",
        "snmpget -v3 -l noAuthNoPriv -u {user}",
        lambda told: "authorizationError" in told or "Unsupported security level" in told,
        "snmp",
        _refusals,
        more=f" -t 1 -r 1 {{address}}:{{port}} {UPTIME}",
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.check)
def test_the_stated_command_sees_what_we_see(places, row):
    # The command is the check's own words, or nobody who follows them repeats it.
    assert row.stated in BY_ID[row.check].by_hand
    places = places | {"nobody": Place("127.0.0.1", peers.free_port())}

    told = {
        name: ran(row.stated + row.more, places[name], user=USER.user)
        for name in (row.good, row.bad)
    }

    assert row.holds(told[row.good]), told[row.good]
    assert not row.holds(told[row.bad]), told[row.bad]
    assert ours(row.check, places[row.bad], row.protocol, row.ask) == Outcome.FAIL
    if row.good != "nobody":
        assert ours(row.check, places[row.good], row.protocol, row.ask) == Outcome.PASS


@pytest.mark.parametrize("name", ["good", "expired", "self-signed"])
def test_the_stated_fingerprint_and_dates_are_the_ones_we_keep(places, name):
    stated = (
        f"{HELLO} -showcerts </dev/null | openssl x509 -noout -subject -dates -fingerprint -sha256"
    )
    assert stated in BY_ID["tls-cert-sound"].by_hand
    place = places[name]

    told = ran(stated, place)
    target = Target("a", place.address, "tcp", place.port, "https")
    facts = asyncio.run(tls.server(wire(), target, trust=Trust()))

    own = facts.certificates[0]
    shown = re.search(r"(?i)sha256 fingerprint=(\S+)", told)
    assert shown is not None, told
    assert shown[1].replace(":", "").casefold() == own.sha256
    # openssl fills a day of one digit up with a blank.
    assert f"notAfter={own.not_after:%b} {own.not_after.day:>2}" in told


def test_the_stated_host_key_is_the_one_we_keep(places):
    stated = "ssh-keyscan -p {port} {address} | cut -d' ' -f3 | base64 -d | sha256sum"
    assert stated in BY_ID["crypto-identity-unchanged"].by_hand
    place = places["ssh good"]

    told = ran(stated, place)
    target = Target("a", place.address, "tcp", place.port, "ssh")
    facts = asyncio.run(ssh.host_key(wire(), target))

    assert facts.sha256 in told


def test_the_stated_login_is_the_one_we_make(places):
    """With the monitor's own user, at the level the check wants."""
    stated = "snmpget -v3 -l authPriv -a SHA-256 -x AES"
    assert stated in BY_ID["snmp-v3-authpriv"].by_hand
    place = places["snmp good"]
    more = f" -u monitor -A 'auth secret 1' -X 'priv secret 1' {{address}}:{{port}} {UPTIME}"

    assert "Timeticks" in ran(stated + more, place)
    target = Target("a", place.address, "udp", place.port, "snmp")
    facts = asyncio.run(snmp.system(wire(), target, credential=USER))
    assert verdict(BY_ID["snmp-v3-authpriv"], observed(facts)).outcome is Outcome.PASS


def test_an_anonymous_login_by_hand_is_answered_as_we_heard(places):
    """`ftp` asks a person for what curl types for us."""
    for name, code, outcome in (
        ("ftp good", "530", Outcome.PASS),
        ("ftp bad", "230", Outcome.FAIL),
    ):
        place = places[name]
        told = ran("curl -sv --max-time 10 ftp://anonymous:x@{address}:{port}/", place)

        assert f"< {code}" in told, told
        assert ours("ftp-anonymous-refused", place, "ftp", ftp.anonymous) == outcome
