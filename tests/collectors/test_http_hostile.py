"""Answers made to take long, and 5,000 broken ones: facts or a `CollectError`, never anything else."""

from __future__ import annotations

import gzip
import random
import time
from contextlib import asynccontextmanager

import pytest

from checks.facts.http import HttpPages
from collectors import http, http_page
from collectors.allowed import Permissions
from collectors.errors import CollectError

MOST = 65_536
PIECES = ("Warning: ", "at ", "at /", "at a(", "/usr/lib/", "C:\\users\\a ", "/a.js:1:", "ORA-",
          "/" + "a" * 79, "Fatal error: " + "x" * 290, "at x.y(z) in ", "Exception in ")  # fmt: skip
HEADS = (
    ("www-authenticate", 'Basic realm="' + "\\" * 16_000),
    ("www-authenticate", '"' * 16_000),
    ("www-authenticate", "realm=" * 2_600),
    ("www-authenticate", "a " * 8_000),
    ("set-cookie", "a=" + "-" * 16_000),
    ("set-cookie", ";" * 16_000),
    ("location", "/" * 1_999),
    ("content-type", "charset" + " " * 16_000),
    ("strict-transport-security", "max-age" + " " * 16_000),
    ("date", "Mon, " * 3_000),
)


def _answer(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join([*lines, "", ""]).encode() + body


def _chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


GOOD = (
    _answer(
        "HTTP/1.1 200 OK",
        "Date: Mon, 02 Mar 2026 12:00:00 GMT",
        "Content-Type: text/html; charset=utf-8",
        "Set-Cookie: a=b; Secure",
        "Transfer-Encoding: chunked",
        body=_chunked(b"<title>Login</tit", b"le><form><input type=password></form>"),
    ),
    _answer(
        "HTTP/1.1 401 No", 'WWW-Authenticate: Digest realm="x", nonce="y"', "Content-Length: 0"
    ),
    _answer("HTTP/1.0 302 Go", "Location: https://127.0.0.1:8443/login?a=b"),
    _answer(
        "HTTP/1.1 200 OK",
        "Content-Encoding: gzip",
        "Content-Type: text/html",
        body=gzip.compress(b"<p>Level 3.5"),
    ),
)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("media", ["text/plain", "text/html"])
def test_no_body_takes_long(piece, media):
    body = (piece * MOST)[:MOST].encode()
    began = time.process_time()
    http_page.page(
        http_page.Answer("http://h/", "/", 200, [("content-type", media)], body, False), most=MOST
    )

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(("name", "value"), HEADS)
def test_no_header_line_takes_long(name, value):
    answer = http_page.Answer("http://h/", "/", 401, [(name, value)], b"x", False)
    began = time.process_time()
    http_page.page(answer, most=MOST)
    http_page.told_time(answer)

    assert time.process_time() - began < 0.2


class _Said:
    """A channel on which all of it comes in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def send(self, message: bytes) -> None:
        assert message.startswith(b"GET / HTTP/1.1\r\n")

    async def receive(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


async def test_broken_answers_are_facts_or_a_reason(monkeypatch, wire, target):
    chosen = random.Random(11)
    seen = {"facts": 0, "reasons": 0}
    said: list[bytes] = []

    @asynccontextmanager
    async def opened(*_, **__):
        yield _Said(said)

    monkeypatch.setattr(http, "opened", opened)
    it = target(80, "http", permits=Permissions(paths=frozenset({"/"})))
    for _ in range(5_000):
        answer = bytearray(chosen.choice(GOOD))
        for _ in range(chosen.randrange(6)):
            at = chosen.randrange(len(answer))
            answer[at : at + chosen.randrange(3)] = chosen.randbytes(chosen.randrange(3))
        answer = answer[: chosen.randrange(len(answer) + 1)] if chosen.random() < 0.2 else answer
        cut = chosen.randrange(len(answer) + 1)
        said[:] = [piece for piece in (bytes(answer[:cut]), bytes(answer[cut:])) if piece]
        try:
            assert isinstance(await http.pages(wire, it, paths=("/",)), HttpPages)
            seen["facts"] += 1
        except CollectError:
            seen["reasons"] += 1

    assert min(seen.values()) > 500
