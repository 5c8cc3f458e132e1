"""The page as a browser meets it: real sockets, real certificates."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from contextlib import asynccontextmanager

import httpx
import pytest

from appliance.outlets import serving, web
from appliance.site.model import Web
from appliance.site.secrets import Secrets
from tests.outlets.brokers import Authority

HEALTH = web.Health(healthy=True, ready=True)


@pytest.fixture
def served(paint, tmp_path):
    """The page behind a door as the configuration has it; yields the door."""

    @asynccontextmanager
    async def opened(*, names=(), **stated):
        stop = asyncio.Event()
        door = serving.Door.open(Web(listen="127.0.0.1:0", **stated), Secrets(tmp_path))
        app = web.create(paint, lambda: HEALTH)
        task = asyncio.create_task(serving.serve(app, door, stop, lambda: names))
        try:
            yield door
        finally:
            stop.set()
            await asyncio.wait_for(task, 5)

    return opened


def _port(door):
    return door.listener.getsockname()[1]


async def _asked(door, headers=None, path="/-/ready"):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{_port(door)}") as client:
        return await client.get(path, headers=headers)


async def test_it_answers_until_it_is_stopped_and_leaves_signals_alone(served):
    before = signal.getsignal(signal.SIGTERM)
    async with served() as door:
        answer = await _asked(door)
        during = signal.getsignal(signal.SIGTERM)

    assert answer.text == "ready\n"
    assert "server" not in answer.headers
    assert during is before
    with pytest.raises(OSError, match="Bad file descriptor"):
        door.listener.getsockname()


@pytest.mark.parametrize("listening", [True, False], ids=["served", "only bound"])
def test_a_port_in_use_is_an_error_that_names_it(tmp_path, listening):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if listening:
            taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(serving.PageError, match=f"cannot listen on 127.0.0.1:{port}"):
            serving.Door.open(Web(listen=f"127.0.0.1:{port}"), Secrets(tmp_path))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:62443",
        "localhost",
        "LocalHost:8080",
        "localhost.",
        "[::1]:9",
        socket.gethostname(),
        "upheld.plant.example:62443",
    ],
)
async def test_a_request_that_names_this_host_is_answered(served, host):
    async with served(names=("Upheld.plant.example",)) as door:
        assert (await _asked(door, {"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.2",
        "[::2]",
        "localhost:80@evil.example",
        "localhost:evil",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy"])
async def test_a_request_for_somebody_else_is_misdirected(served, host, path):
    async with served() as door:
        answer = await _asked(door, {"host": host}, path)

    assert answer.status_code == 421
    assert "appliance.web.names" in answer.text


async def test_a_request_without_a_host_is_not_answered(served):
    async with served() as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", _port(door))
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 421 ")
    assert b"upheld_" not in answer


@pytest.fixture
def authority(tmp_path):
    return Authority.make(tmp_path)


def _pair(paths):
    certificate, key = paths
    return {"certificate": certificate.name, "key": key.name}


async def _handshake(door, authority, **limits):
    context = ssl.create_default_context(cafile=authority.directory / f"{authority.name}.pem")
    for name, value in limits.items():
        setattr(context, name, value)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", _port(door), ssl=context, server_hostname="localhost"
    )
    shown = writer.get_extra_info("ssl_object")
    found = shown.version(), shown.getpeercert(binary_form=True)
    writer.write(b"GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return (*found, answer)


async def test_with_a_certificate_the_page_is_served_over_tls_only(served, authority):
    async with served(**_pair(authority.issue("page"))) as door:
        version, _, answer = await _handshake(door, authority)
        with pytest.raises(httpx.RemoteProtocolError):
            await _asked(door)

    assert version == "TLSv1.3"
    assert answer.endswith(b"ready\n")


async def test_tls_before_1_2_is_refused(served, authority):
    async with served(**_pair(authority.issue("page"))) as door:
        with (
            pytest.raises((ssl.SSLError, ConnectionError)),
            pytest.warns(DeprecationWarning, match="TLSv1"),
        ):
            await _handshake(
                door,
                authority,
                minimum_version=ssl.TLSVersion.TLSv1,
                maximum_version=ssl.TLSVersion.TLSv1_1,
            )
        version, _, _ = await _handshake(door, authority, maximum_version=ssl.TLSVersion.TLSv1_2)

    assert version == "TLSv1.2"


async def test_a_renewed_certificate_is_shown_without_a_restart(served, authority, tmp_path):
    stated = _pair(authority.issue("page"))
    async with served(**stated) as door:
        _, before, _ = await _handshake(door, authority)
        authority.issue("page")
        door.renew(Web(**stated), Secrets(tmp_path))
        _, after, _ = await _handshake(door, authority)

    assert before != after


async def test_a_certificate_that_is_none_says_what_to_write(tmp_path, authority):
    authority.issue("page")
    authority.issue("other")

    with pytest.raises(serving.PageError, match="no certificate and its key"):
        serving.Door.open(Web(certificate="page.pem", key="other.key"), Secrets(tmp_path))
    with pytest.raises(serving.PageError, match="cannot be read"):
        serving.Door.open(Web(certificate="nowhere.pem", key="page.key"), Secrets(tmp_path))
