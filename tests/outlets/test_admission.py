"""Client certificates for people and a token for programs, over real TLS."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import ValidationError

from appliance.outlets import serving, web
from appliance.site.model import Web
from appliance.site.secrets import Secrets
from tests.outlets.brokers import Authority

HEALTH = web.Health(healthy=True, ready=True)
TOKEN = "0123456789abcdef0123456789abcdef"
REFUSED = (httpx.HTTPError, ssl.SSLError)


@pytest.fixture
def plant(tmp_path):
    """An authority that signed the page's certificate and a reader's, and the token's file."""
    authority = Authority.make(tmp_path)
    authority.issue("page")
    authority.issue("reader")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "people.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
    return tmp_path


STATED = {
    "listen": "127.0.0.1:0",
    "certificate": "page.pem",
    "key": "page.key",
    "client_ca": "people.pem",
    "token": {"file": "token"},
}


@asynccontextmanager
async def served(paint, plant, **stated):
    door = serving.Door.open(Web(**(STATED | stated)), Secrets(plant))
    stop = asyncio.Event()
    app = web.create(paint, lambda: HEALTH)
    task = asyncio.create_task(serving.serve(app, door, stop))
    try:
        yield door
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


async def asked(door, plant, path="/", *, shows="", token="", version=None):
    context = ssl.create_default_context(cafile=plant / "ca.pem")
    if shows:
        context.load_cert_chain(plant / f"{shows}.pem", plant / f"{shows}.key")
    if version:
        context.maximum_version = version
    url = f"https://localhost:{door.listener.getsockname()[1]}{path}"
    headers = {"authorization": token} if token else {}
    async with httpx.AsyncClient(verify=context) as client:
        return await client.get(url, headers=headers)


PAGES = ("/", "/matrix", "/assets/hmi-1", "/nowhere", "/style.css")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_who_shows_a_certificate_of_the_plant_reads(paint, plant, version):
    async with served(paint, plant) as door:
        answers = {
            path: (await asked(door, plant, path, shows="reader", version=version)).status_code
            for path in ("/", "/metrics", "/status.json", "/nowhere")
        }

    assert answers == {"/": 200, "/metrics": 200, "/status.json": 200, "/nowhere": 404}


@pytest.mark.parametrize("token", ["", f"Bearer {TOKEN}"])
async def test_who_shows_none_reads_no_page_whatever_he_sends(paint, plant, token):
    async with served(paint, plant) as door:
        answers = [await asked(door, plant, path, token=token) for path in PAGES]

    assert [a.status_code for a in answers] == [403] * len(PAGES)
    assert all("client certificate" in a.text and "Northgate" not in a.text for a in answers)


async def test_a_program_needs_the_token(paint, plant):
    wrong = ("", TOKEN, "Bearer", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}")
    async with served(paint, plant) as door:
        good = [
            await asked(door, plant, path, token=f"{word} {TOKEN}")
            for path in ("/metrics", "/status.json")
            for word in ("Bearer", "bearer")
        ]
        refused = [await asked(door, plant, "/metrics", token=sent) for sent in wrong]

    assert [a.status_code for a in good] == [200] * 4
    assert [a.status_code for a in refused] == [401] * len(wrong)
    assert not any("upheld_" in a.text for a in refused)


async def test_without_a_token_configured_none_is_good(paint, plant):
    async with served(paint, plant, token=None) as door:
        answers = [
            await asked(door, plant, "/metrics", token=t) for t in ("", "Bearer", "Bearer x")
        ]

    assert [a.status_code for a in answers] == [401, 401, 401]


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
async def test_health_is_told_to_everybody(paint, plant, path):
    async with served(paint, plant) as door:
        assert (await asked(door, plant, path)).status_code == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_stranger_s_certificate_does_not_even_get_an_answer(
    paint, plant, tmp_path_factory, version
):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    Authority.make(elsewhere, "stranger-ca").issue("stranger")
    for ending in ("pem", "key"):
        (plant / f"stranger.{ending}").write_bytes((elsewhere / f"stranger.{ending}").read_bytes())

    async with served(paint, plant) as door:
        with pytest.raises(REFUSED):
            await asked(door, plant, shows="stranger", version=version)
        assert (await asked(door, plant, shows="reader")).status_code == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_an_authority_and_a_token_can_be_changed_while_it_runs(
    paint, plant, tmp_path_factory, version
):
    elsewhere = tmp_path_factory.mktemp("new")
    Authority.make(elsewhere, "new-ca").issue("new")
    for ending in ("pem", "key"):
        (plant / f"new.{ending}").write_bytes((elsewhere / f"new.{ending}").read_bytes())

    async with served(paint, plant) as door:
        (plant / "people.pem").write_bytes((elsewhere / "new-ca.pem").read_bytes())
        (plant / "token").write_text("f" * 40)
        door.renew(Web(**STATED), Secrets(plant))
        with pytest.raises(REFUSED):
            await asked(door, plant, shows="reader", version=version)
        new = await asked(door, plant, shows="new", version=version)
        old_token = await asked(door, plant, "/metrics", token=f"Bearer {TOKEN}")
        new_token = await asked(door, plant, "/metrics", token=f"Bearer {'f' * 40}")

    assert [a.status_code for a in (new, old_token, new_token)] == [200, 401, 200]


async def test_what_is_refused_on_renewal_leaves_all_as_it_was(paint, plant):
    async with served(paint, plant) as door:
        (plant / "token").write_text("short")
        with pytest.raises(serving.PageError, match="at least 20 characters"):
            door.renew(Web(**STATED), Secrets(plant))
        answer = await asked(door, plant, "/metrics", token=f"Bearer {TOKEN}")

    assert answer.status_code == 200


@pytest.mark.parametrize("content", [b"no pem\n", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_an_authority_that_is_none_says_what_to_write(plant, content):
    (plant / "people.pem").write_bytes(content)

    with pytest.raises(serving.PageError, match="client_ca: found file:people"):
        serving.Door.open(Web(**STATED), Secrets(plant))


@pytest.mark.parametrize("content", ["short", "with a space in the middle of it", "ü" * 30])
def test_a_token_that_is_none_says_what_to_write_and_not_what_it_was(plant, content):
    (plant / "token").write_text(content)

    with pytest.raises(serving.PageError, match="openssl rand -hex 32") as caught:
        serving.Door.open(Web(**STATED), Secrets(plant))
    assert content not in str(caught.value)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"client_ca": "ca.pem"}, "write certificate and key beside client_ca"),
        ({"certificate": "c", "key": "k", "token": {"file": "t"}}, "write client_ca beside token"),
        ({"certificate": "c", "key": "k", "client_ca": "a", "token": TOKEN}, "never the secret"),
    ],
)
def test_terms_that_make_no_sense_say_what_to_write(stated, said):
    with pytest.raises(ValidationError, match=said):
        Web(**stated)
