"""The kernel's guard holds when nothing else does, and tells whether it is the right one."""

import ctypes
import json
import os
import socket
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from appliance.site.model import Site
from appliance.visit.plan.kernel import drop_in, kernel_guard, nft
from appliance.visit.plan.plan import plan
from appliance.visit.plan.sentinel import matches
from tests.visit.plan.namespace import NOBODY, as_nobody, cabled, namespace, needed
from tests.visit.plan.sites import OURS, PLC, RTU, SWITCH, made, whole

UNDECLARED = "10.0.1.77"
MANY = 2_000


def guard(site, **more):
    return kernel_guard(site, plan(site), user=str(NOBODY), **more)


def test_it_lets_through_the_plan_and_nothing_else():
    found = guard(made())

    assert (PLC, "tcp", 4840) in found.targets
    assert (PLC, "tcp", 21) in found.targets
    assert ("10.0.0.20", "tcp", 443) in found.targets
    assert not {t for t in found.targets if t[0] in ("10.0.1.99", "10.0.1.98")}
    assert not {t for t in found.targets if t[2] == 9100}


def test_the_drop_in_allows_exact_addresses_and_loopback():
    rules = [line for line in drop_in(guard(made())).splitlines() if not line.startswith("#")]

    assert rules[:4] == [
        "[Service]", "IPAddressDeny=any", "IPAddressAllow=", "IPAddressAllow=localhost",
    ]  # fmt: skip
    assert rules[4:] == [
        f"IPAddressAllow={a}"
        for a in ("10.0.0.20", "10.0.0.21", "10.0.1.11", "10.0.1.13", "10.0.2.21")
    ]


def test_both_files_name_the_plan_and_what_they_cannot_allow():
    site = made(outlets={"mqtt": {"broker": "mqtts://broker.example:8883"}})
    for text in (nft(guard(site)), drop_in(guard(site))):
        assert f"# plan {plan(site).digest}" in text
        assert "# NOT allowed, because it is a name: outlet: MQTT broker at broker.example" in text


def test_an_outlet_with_an_address_is_allowed():
    site = made(outlets={"mqtt": {"broker": "mqtts://10.0.0.40:8883"}})

    assert ("10.0.0.40", "tcp", 8883) in guard(site).targets


def test_what_a_person_adds_moves_no_digest():
    more = guard(made(), also=[("10.0.0.40", "tcp", 8883)])

    assert more.sentinel == guard(made()).sentinel
    assert "10.0.0.40 . tcp . 8883" in nft(more)
    assert "IPAddressAllow=10.0.0.40" in drop_in(more)


def test_another_inventory_another_sentinel():
    changed = made(closed_ports=["tcp/21"])

    assert guard(changed).digest != guard(made()).digest
    assert guard(made()).sentinel in range(20_000, 40_000)


@needed
def test_the_kernel_reads_the_file_of_a_site_with_300_assets(tmp_path):
    parts = whole()
    parts["assets"] = [
        {**parts["assets"][n % 4], "id": f"a{n}", "address": f"10.{n % 3}.{n // 250}.{n % 250 + 1}"}
        for n in range(299)
    ] + [{"id": "six", "zone": "dmz", "address": "fd00::11"}]
    site = Site.model_validate(parts, by_alias=True, by_name=False)
    rules = tmp_path / "rules.nft"
    rules.write_text(nft(guard(site)))
    with namespace() as space:
        space.run("nft", "-c", "-f", str(rules))

    assert rules.read_text().count(" . tcp . ") > 600


def server(there, stack, kind, address, port):
    """A listening socket in the far namespace; sockets stay where they were made."""
    made_there = []

    def make():
        _enter(there)
        sock = stack.enter_context(socket.socket(socket.AF_INET, kind))
        sock.bind((address, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(100)
        sock.settimeout(0.2)
        made_there.append(sock)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made_there[0]


def _enter(space):
    with Path(f"/run/netns/{space.name}").open() as there:
        assert ctypes.CDLL(None).setns(there.fileno(), 0x4000_0000) == 0


def connects(address, port):
    with socket.socket() as sock:
        sock.settimeout(0.5)
        try:
            sock.connect((address, port))
        except TimeoutError:
            return "silence"
        except OSError as error:
            return error.strerror
        return "connected"


def sends(address, port, count=1):
    """How many of so many datagrams the kernel let out."""
    out = 0
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        for _ in range(count):
            try:
                sock.sendto(b"x", (address, port))
                out += 1
            except PermissionError:
                pass
    return out


def counters(space):
    rows = json.loads(space.run("nft", "-j", "list", "counters", "table", "inet", "upheld").stdout)
    return {
        r["counter"]["name"]: r["counter"]["packets"] for r in rows["nftables"] if "counter" in r
    }


@needed
def test_without_the_first_guard_the_kernel_still_drops_what_is_not_planned(tmp_path):
    site, rules = made(), tmp_path / "rules.nft"
    rules.write_text(nft(guard(site)))
    far = (PLC, RTU, SWITCH, UNDECLARED)
    with cabled([OURS], far) as (here, there), ExitStack() as stack:
        for address, port in ((PLC, 4840), (PLC, 8080), (UNDECLARED, 4840)):
            server(there, stack, socket.SOCK_STREAM, address, port)
        heard = server(there, stack, socket.SOCK_DGRAM, UNDECLARED, 161)
        before = as_nobody(here, lambda: connects(UNDECLARED, 4840))
        here.run("nft", "-f", str(rules))

        assert before == "connected"
        assert as_nobody(here, lambda: connects(PLC, 4840)) == "connected"
        assert as_nobody(here, lambda: connects(PLC, 21)) == "Connection refused"
        assert as_nobody(here, lambda: connects(PLC, 8080)) == "silence"
        assert as_nobody(here, lambda: connects(UNDECLARED, 4840)) == "silence"
        assert as_nobody(here, lambda: sends(UNDECLARED, 161)) == "0"
        assert counters(here)["to_undeclared"] >= 3
        with pytest.raises(TimeoutError):
            heard.recv(10)
        # It binds our user only.
        code = f"import socket; socket.socket(type=2).sendto(b'x', ('{UNDECLARED}', 161))"
        here.run("python3", "-c", code)
        assert heard.recv(10) == b"x"


@needed
def test_the_meters_let_through_twice_the_class_and_no_more(tmp_path):
    site, rules = made(), tmp_path / "rules.nft"
    rules.write_text(nft(guard(site)))
    with cabled([OURS], (SWITCH, RTU)) as (here, there), ExitStack() as stack:
        server(there, stack, socket.SOCK_DGRAM, SWITCH, 161)
        here.run("nft", "-f", str(rules))

        started = time.monotonic()
        through = int(as_nobody(here, lambda: sends(SWITCH, 161, MANY)))
        took = time.monotonic() - started

        # Class standard: a burst of 20 packets, then 10 a second; the kernel lets twice that.
        assert 40 <= through <= 40 + 20 * (took + 1)
        assert through < MANY
        assert counters(here)["too_fast"] == MANY - through


@needed
def test_the_sentinel_tells_the_right_table_from_a_stale_one_and_from_none(tmp_path):
    site, other = made(), made(closed_ports=["tcp/21"])
    none = tmp_path / "none"

    def told(space):
        return as_nobody(space, lambda: matches(site, user=str(NOBODY), installed=none))

    with namespace() as space:
        load = lambda text: space.run("nft", "-f", "-", input=text)  # noqa: E731
        assert "no nftables table for this inventory" in told(space)
        load(nft(guard(other)))
        assert "no nftables table for this inventory" in told(space)
        load(nft(guard(site)))
        assert told(space) == "None"
        load(nft(guard(site, also=[("10.0.0.40", "tcp", 8883)])))
        assert told(space) == "None"

        stale = tmp_path / "stale.conf"
        stale.write_text(drop_in(guard(other)).replace("10.0.2.21", "10.0.2.99"))
        assert "is not for this inventory" in matches_here(space, site, stale)
        good = tmp_path / "good.conf"
        good.write_text(drop_in(guard(site, also=[("10.0.0.40", "tcp", 8883)])))
        assert matches_here(space, site, good) == "None"

        load("table inet walled { chain o { type filter hook output priority 0; policy drop; }; }")
        assert "every loopback datagram" in told(space)


def matches_here(space, site, installed):
    """With the file's text read beforehand: an ordinary user may not enter the test's folder."""
    text = installed.read_text()

    class Here(type(installed)):
        def read_text(self, *_, **__):
            return text

    return as_nobody(space, lambda: matches(site, user=str(NOBODY), installed=Here(installed)))


def test_no_namespace_is_left_behind():
    left = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=False).stdout

    assert f"upheld-{os.getpid()}-" not in left
