"""nginx and Python's own server, set up well and badly, judged to the end."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appliance.visit import questions as q
from checks import BY_ID
from checks.facts.http import HttpPages, LoginMark
from collectors import http
from collectors.allowed import Permissions
from collectors.wire import Wire
from tests.checks.given import LIMITS, asset, observed, service, told, verdict
from tests.devices.opcua_server import identity
from tests.devices.processes import free_port, running

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin") or ""
LOGIN = """<html><head><title>Line 1</title></head><body><p>Authorised use only.</p>
<form action="/login" method="post"><input name="user"><input type="password" name="word">
<button>Log in</button></form></body></html>"""
CONFIG = """daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;
events {{}}
http {{
  access_log {folder}/access; server_tokens off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  types {{ text/html html; }}
  server {{ listen 127.0.0.1:{port} {ssl}; root {folder}/www; {more} }}
}}
"""


@pytest.fixture
def wire(gate):
    return Wire(gate, connect=2, whole=10)


@contextlib.asynccontextmanager
async def nginx(folder: Path, more: str, *, tls: bool = False, **pages: str) -> AsyncIterator[int]:
    (folder / "www").mkdir()
    for name, text in pages.items():
        (folder / "www" / f"{name}.html").write_text(text)
    if tls:
        certificate, key = identity("Line 1", "urn:line")
        (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (folder / "key.pem").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        more += f" ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;"
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, ssl="ssl" if tls else "", more=more))
    async with running([NGINX, "-p", str(folder), "-c", str(config)], port=port):
        yield port


async def seen(wire, target, port: int, protocol: str, *paths: str) -> HttpPages:
    it = target(port, protocol, permits=Permissions(paths=frozenset(paths)))
    return await http.pages(wire, it, paths=paths)


def judged(facts: HttpPages, protocol: str) -> dict[str, tuple[str, str]]:
    names = ("http-encrypted", "http-login-required", "http-session-cookie-sound",
             "error-output-terse", "login-notice-shown")  # fmt: skip
    limits = LIMITS.__class__(login_notice=("authorised use only",))
    about = {"asset": asset(addresses=("127.0.0.1",)), "service": service(443, protocol)}
    return {
        name: told(verdict(BY_ID[name], observed(facts), limits=limits, **about)) for name in names
    }


async def test_a_well_set_up_server_passes(tmp_path, wire, target, gate):
    cookie = "sid=0123456789abcdef0123456789abcdef; Secure; HttpOnly; SameSite=Strict"
    more = f'add_header Set-Cookie "{cookie}"; add_header Strict-Transport-Security max-age=99; '
    more += "location = / { return 302 /login.html; }"
    async with nginx(tmp_path, more, tls=True, login=LOGIN) as port:
        facts = await seen(wire, target, port, "https", "/", "/login.html")
    access = (tmp_path / "access").read_text()

    assert [p.login for p in facts.pages] == [LoginMark.REDIRECT, LoginMark.FORM]
    assert all(p.hsts for p in facts.pages)
    assert facts.pages[0].server == "nginx"
    assert facts.clock is not None
    assert {outcome for outcome, _ in judged(facts, "https").values()} <= {
        "pass",
        "not-applicable",
    }
    assert told_of(access) == ['"GET / HTTP/1.1" 302', '"GET /login.html HTTP/1.1" 200']
    assert access.count('"upheld/') == 2
    assert gate.packets <= q.HTTPS_PAGES.packets


def told_of(access: str) -> list[str]:
    return [
        line[line.index('"') : line.index('"', line.index('"') + 1) + 5]
        for line in access.splitlines()
    ]


async def test_a_badly_set_up_server_fails_everything(tmp_path, wire, target, gate):
    more = 'server_tokens on; add_header Set-Cookie "sid=12345"; '
    more += (
        "location = /broken { default_type text/html; return 500 "
        '"Traceback (most recent call last): File /var/www/hmi/app.py"; }'
    )
    async with nginx(
        tmp_path,
        more,
        status="<h1>Pump 1</h1>Level 3.5 m",
        login="<form action=/login><input type=password>",
    ) as port:
        facts = await seen(wire, target, port, "http", "/status.html", "/login.html", "/broken")

    assert judged(facts, "http") == {
        "http-encrypted": ("fail", "unprotected"),
        "http-login-required": ("fail", "anonymous-accepted"),
        "http-session-cookie-sound": ("fail", "unprotected"),
        "error-output-terse": ("fail", "unprotected"),
        "login-notice-shown": ("fail", "missing"),
    }
    assert facts.pages[0].server.startswith("nginx/")
    assert gate.packets <= q.HTTP_PAGES.packets


async def test_plain_http_that_only_redirects_passes(tmp_path, wire, target):
    more = "return 301 https://127.0.0.1$request_uri;"
    async with nginx(tmp_path, more) as port:
        facts = await seen(wire, target, port, "http", "/", "/a?b=c")

    assert facts.pages[1].location == "https://127.0.0.1/a"
    assert judged(facts, "http")["http-encrypted"] == ("pass", "as-expected")
    assert judged(facts, "http")["http-login-required"][0] == "inconclusive"


async def test_a_challenge_is_a_login(tmp_path, wire, target):
    (tmp_path / "users").write_text("a:b\n")
    more = f'auth_basic "Authorised use only"; auth_basic_user_file {tmp_path}/users;'
    async with nginx(tmp_path, more, index="secret") as port:
        facts = await seen(wire, target, port, "http", "/")

    assert (facts.pages[0].login, facts.pages[0].schemes) == (LoginMark.CHALLENGE, ("basic",))
    assert judged(facts, "http")["login-notice-shown"] == ("pass", "as-expected")


async def test_a_packed_page_and_a_large_one(tmp_path, wire, target, gate):
    large = LOGIN.replace("<p>", "<p>" + "<!-- " + "x" * 200_000 + " -->")
    (tmp_path / "www2").mkdir()
    async with nginx(tmp_path, "gzip on;", login=LOGIN, large=large) as port:
        small = await seen(wire, target, port, "http", "/login.html")
        spent = gate.packets
        cut = await seen(wire, target, port, "http", "/large.html")

    assert small.pages[0].login is LoginMark.FORM
    assert (cut.pages[0].truncated, cut.pages[0].login) == (True, LoginMark.UNCLEAR)
    assert spent <= 8
    assert gate.packets - spent <= q.HTTP_PAGES.packets


async def test_pythons_own_server_shows_a_folder_to_anybody(tmp_path, wire, target):
    (tmp_path / "recipe.txt").write_text("x")
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    async with running(command, port=port, cwd=tmp_path) as log:
        facts = await seen(wire, target, port, "http", "/", "/none")
        said = await log.until("GET /none HTTP/1.1", times=1)

    assert [p.status for p in facts.pages] == [200, 404]
    assert facts.pages[0].title == "Directory listing for /"
    assert judged(facts, "http")["http-login-required"] == ("fail", "anonymous-accepted")
    assert said.count("GET / HTTP/1.1") == 1


def test_the_peers_are_here():
    assert NGINX, "run .ci/peers"
