"""What a web server can do to us, and what it was sent: the device is the witness."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import struct
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from checks import BY_ID
from checks.facts.expected import ExpectedService
from checks.facts.http import Cookie, HttpPages, LoginMark
from collectors import http
from collectors.allowed import Permissions
from collectors.errors import (
    CollectError,
    HungUp,
    NotPermitted,
    Refused,
    TimedOut,
    Unintelligible,
)
from collectors.tls_channel import TLS_OVERHEAD
from collectors.wire import Wire
from tests.checks.given import observed, told, verdict
from tests.devices.opcua_server import identity

LOGIN = "<title>Line 1</title><form action=/login><input name=u><input type=password></form>"


def answering(body: bytes | str = b"", status: str = "200 OK", *lines: str, sized: bool = True):
    data = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", *lines, *([f"Content-Length: {len(data)}"] if sized else [])]
    whole = "\r\n".join([*head, "", ""]).encode("latin-1") + data

    async def behave(reader, writer):
        await reader.read()
        writer.write(whole)
        writer.close()

    return behave


HTML = "Content-Type: text/html"


@pytest.fixture
def of(peer, wire, target):
    """`await of(behaviour, *paths)`; the peer stays in `of.peer`."""

    async def put(behave, *paths: str, protocol: str = "http"):
        async def reads(reader, writer):
            async def request():
                data = b""
                while b"\r\n\r\n" not in data:
                    more = await reader.__class__.read(reader, 4096)
                    if not more:
                        break
                    data += more
                put.requests.append(data)
                return data

            reader.read = request
            await behave(reader, writer)

        paths = paths or ("/",)
        put.requests = []
        put.peer = await peer(reads)
        it = target(put.peer.port, protocol, permits=Permissions(paths=frozenset(paths)))
        return await http.pages(wire, it, paths=paths)

    return put


async def one(of, *answer, **more) -> HttpPages:
    return (await of(answering(*answer, **more))).pages[0]


async def test_each_declared_path_is_asked_for_once_on_a_connection_of_its_own(of):
    seen = await of(answering(LOGIN, "200 OK", HTML), "/", "/status.html")

    assert [page.path for page in seen.pages] == ["/", "/status.html"]
    assert len(of.peer.sources) == 2
    assert [data.split(b"\r\n")[0] for data in of.requests] == [
        b"GET / HTTP/1.1",
        b"GET /status.html HTTP/1.1",
    ]
    lines = dict(line.split(b": ") for line in of.requests[0].split(b"\r\n")[1:-2])
    assert lines[b"User-Agent"].startswith(b"upheld")
    assert (lines[b"Connection"], lines[b"Accept-Encoding"]) == (b"close", b"identity")
    assert lines[b"Host"] == f"127.0.0.1:{of.peer.port}".encode()
    assert set(lines) <= {b"Host", b"User-Agent", b"Accept", b"Accept-Encoding", b"Connection"}


async def test_without_a_declared_path_nothing_is_sent(wire, target, gate, closed_port):
    with pytest.raises(NotPermitted, match=r"write paths: \[/\]"):
        await http.pages(wire, target(closed_port, "http"), paths=())
    assert gate.connects == []


async def test_a_path_that_is_not_permitted_does_not_leave(peer, wire, target, gate):
    it = await peer(answering("x"))
    with pytest.raises(NotPermitted, match="is not declared"):
        await http.pages(wire, target(it.port, "http"), paths=("/",))
    assert await it.ended.get() == "closed"
    assert gate.refusals == ["path '/' is not declared"]


@pytest.mark.parametrize(
    ("status", "lines", "body", "mark"),
    [
        ("401 No", ['WWW-Authenticate: Basic realm="x"'], "", LoginMark.CHALLENGE),
        ("401 No", [], "", LoginMark.FORBIDDEN),
        ("403 No", [HTML], LOGIN, LoginMark.FORBIDDEN),
        ("302 Go", ["Location: /login.html?next=/"], "", LoginMark.REDIRECT),
        ("302 Go", ["Location: https://127.0.0.1/sign-in"], "", LoginMark.REDIRECT),
        ("302 Go", ["Location: https://10.9.9.9/login"], "", LoginMark.UNCLEAR),
        ("302 Go", ["Location: /home?to=/login"], "", LoginMark.UNCLEAR),
        ("302 Go", ["Location: /loginfo.html"], "", LoginMark.UNCLEAR),
        ("302 Go", ["Location: /author"], "", LoginMark.UNCLEAR),
        ("302 Go", ["Location: /login", "Location: /home"], "", LoginMark.UNCLEAR),
        ("302 Go", ["Location: //evil\\@127.0.0.1/login"], "", LoginMark.UNCLEAR),
        ("302 Go", ["Location: http://127.0.0.1@evil/login"], "", LoginMark.UNCLEAR),
        ("302 Go", [], "", LoginMark.UNCLEAR),
        ("404 No", [HTML], "<p>Not here, sorry</p>", LoginMark.UNCLEAR),
        ("500 Oh", [HTML], LOGIN, LoginMark.UNCLEAR),
        ("200 OK", [HTML], LOGIN, LoginMark.FORM),
        ("200 OK", [HTML], "<h1>Level 3.5 m</h1>", LoginMark.NONE),
        ("200 OK", ["Content-Type: application/json"], '{"level": 3}', LoginMark.NONE),
        ("200 OK", ["Content-Type: text/plain"], LOGIN, LoginMark.NONE),
        ("200 OK", [HTML], "", LoginMark.UNCLEAR),
        ("200 OK", [HTML], "<script src=app.js></script><p>Loading</p>", LoginMark.UNCLEAR),
        (
            "200 OK",
            [HTML],
            "<meta http-equiv=refresh content='0; url=/login.htm'>",
            LoginMark.REDIRECT,
        ),
        (
            "200 OK",
            [HTML],
            "<meta http-equiv=refresh content='0; url=/home.htm'>",
            LoginMark.UNCLEAR,
        ),
    ],
)
async def test_what_asks_for_a_login(of, status, lines, body, mark):
    assert (await one(of, body, status, *lines)).login is mark


async def test_what_is_extracted(of):
    page = await one(
        of,
        "<title> Line&nbsp;1 </title><!-- /var/www/line/x.php --><p>Authorised use only."
        "<form id=login><input type=password></form>",
        "200 OK",
        "Content-Type: text/html; charset=utf-8",
        "Server: GoAhead-Webs",
        "Strict-Transport-Security: max-age=31536000",
        "Set-Cookie: sid=0123456789abcdef0123456789abcdef; Secure; HttpOnly; SameSite=Lax",
        "Set-Cookie: n=1234; path=/",
        "Set-Cookie: gone=; Max-Age=0",
    )

    assert (page.status, page.content_type, page.server) == (200, "text/html", "GoAhead-Webs")
    assert (page.title, page.notice) == ("Line 1", "Authorised use only.")
    assert page.cookies == (
        Cookie("sid", True, True, "Lax", 128),
        Cookie("n", False, False, "", 14),
    )
    assert page.traces == ("the path /var/www/line/x.php",)
    # RFC 6797, 7.2: in the clear it means nothing.
    assert page.hsts is False
    assert page.truncated is False


async def test_the_schemes_and_the_realm_of_a_challenge(of):
    page = await one(
        of,
        "a page nobody sees before the password",
        "401 No",
        'WWW-Authenticate: Digest realm="Authorised, users only", qop="auth", nonce="a, Basic b"',
        "WWW-Authenticate: Basic realm=x, Negotiate",
    )

    assert page.schemes == ("digest", "basic", "negotiate")
    assert page.notice == "Authorised, users only"


@pytest.mark.parametrize(
    ("told", "location"),
    [
        ("https://127.0.0.1/a?user=x#y", "https://127.0.0.1/a"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a"),
        ("/a;b", "http://127.0.0.1:{port}/a;b"),
        ("javascript:alert(1)", ""),
        ("https://127.0.0.1:80@evil/", ""),
        ("https://evil\\@127.0.0.1/", ""),
        ("http://[::1/", ""),
        ("http://127.0.0.1:99999/", ""),
    ],
)
async def test_where_a_redirect_leads_without_its_query(of, told, location):
    page = await one(of, "", "301 Go", f"Location: {told}")

    assert page.location == location.format(port=of.peer.port)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Traceback (most recent call last):", "a Python stack trace"),
        ("at com.x.Servlet.doGet(Servlet.java:33)", "a Java stack trace"),
        ("at A.B.C(String s) in C:\\src\\a.cs:line 3", "a .NET stack trace"),
        ("Warning: include(a.php) failed in x on line 3", "a PHP error"),
        ("Error at Object (/srv/app/index.js:3:12)", "a JavaScript stack trace"),
        ("ORA-00942: table", "a database error"),
        ("open /usr/local/hmi/db", "the path /usr/local/hmi/db"),
        ("C:\\inetpub\\wwwroot\\a.asp", "the path C:\\inetpub\\wwwroot\\a.asp"),
    ],
)
async def test_what_breaks_is_named(of, text, named):
    assert (await one(of, f"<pre>{text}</pre>", "500 Oh", HTML)).traces == (named,)


@pytest.mark.parametrize("text", ["See /home/index.html", "http://x/usr/share/a", "on line 3"])
async def test_what_is_no_trace(of, text):
    assert (await one(of, f"<p>{text}<a href=/usr/local/x>", "200 OK", HTML)).traces == ()


@pytest.mark.parametrize(
    "page",
    [
        "<pre~Traceback (most recent call last): File app.py</pre>",
        "<p>Oh<script>/* at com.acme.Line.read(Line.java:12) */</script>",
    ],
)
async def test_a_trace_is_one_wherever_it_stands(of, page):
    """Broken markup hides it from a browser, not from whoever looks at the source."""
    assert (await one(of, page, "500 Oh", HTML)).traces != ()


async def test_the_clock_of_the_fastest_answer(of):
    now = datetime.now(UTC)
    seen = await of(answering("x", "200 OK", f"Date: {now:%a, %d %b %Y %H:%M:%S} GMT"))

    assert seen.clock is not None
    assert seen.clock.device == now.replace(microsecond=0)
    assert abs(seen.clock.ours - now) < timedelta(seconds=2)
    assert seen.clock.resolution_ms == 1_000


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Date: yesterday"],
        ["Date: Mon, 02 Mar 2026 12:00:00 GMT", "Age: 3"],
        ["Date: Mon, 02 Mar 2026 12:00:00 GMT", "Date: Mon, 02 Mar 2026 12:00:09 GMT"],
        ["Date: Mon, 02 Mar 2026 12:00:00 -0000"],
        ["Date: Mon, 02 Mar 99999 12:00:00 GMT"],
    ],
)
async def test_no_clock(of, lines):
    assert (await of(answering("x", "200 OK", *lines))).clock is None


async def test_the_limit_cuts_and_says_so(of):
    body = LOGIN + " " * http.MOST_BODY
    page = await one(of, body, "200 OK", HTML)
    short = await one(of, LOGIN + " " * (http.MOST_BODY - len(LOGIN)), "200 OK", HTML)

    assert (page.truncated, page.login) == (True, LoginMark.UNCLEAR)
    assert (short.truncated, short.login) == (False, LoginMark.FORM)


async def test_a_packed_page_is_unpacked_up_to_the_limit(of):
    for name, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        page = await one(of, pack(LOGIN.encode()), "200 OK", HTML, f"Content-Encoding: {name}")
        assert page.login is LoginMark.FORM

    bomb = await one(of, gzip.compress(bytes(50_000_000)), "200 OK", HTML, "Content-Encoding: gzip")
    assert (bomb.truncated, bomb.login) == (True, LoginMark.UNCLEAR)


async def test_an_endless_chunked_answer_is_cut(of):
    async def behave(reader, writer):
        await reader.read()
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1_000):
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    page = (await of(behave)).pages[0]

    assert page.truncated is True


@pytest.mark.parametrize(
    ("answer", "family"),
    [
        (b"", HungUp),
        (b"HTTP/1.1 200 O", HungUp),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", HungUp),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<html>", HungUp),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", HungUp),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", HungUp),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Unintelligible),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Unintelligible),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", Unintelligible),
        (b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n", Unintelligible),
        (b"HTTP/1.1 101 Up\r\nUpgrade: x\r\n\r\n", Unintelligible),
        (b"HTTP/1.1 100 Wait\r\n\r\n" * 9, Unintelligible),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 17_000, Unintelligible),
        (b"HTTP/3.1 401 No\r\nContent-Length: 0\r\n\r\n", Unintelligible),
        (b"SSH-2.0-x\r\n\r\n", Unintelligible),
        (b"\x15\x03\x01\x00\x02\x02\x46", (HungUp, Unintelligible)),
        (bytes(range(256)) * 4, Unintelligible),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nxx", Unintelligible),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nxx", Unintelligible),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
            + gzip.compress(b"x" * 99, mtime=0)[:-9],
            Unintelligible,
        ),
    ],
)
async def test_what_is_no_whole_answer_is_no_fact(of, answer, family):
    async def behave(reader, writer):
        await reader.read()
        writer.write(answer)
        writer.close()

    with pytest.raises(family, match="asking for /"):
        await of(behave)


async def test_one_page_without_an_answer_leaves_no_facts(of):
    async def behave(reader, writer):
        if b"/second" in await reader.read():
            writer.close()
            return
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n<html>x")
        writer.close()

    with pytest.raises(HungUp, match="asking for /second"):
        await of(behave, "/", "/second")


async def test_a_reset_in_the_middle_is_no_end(of):
    async def behave(reader, writer):
        await reader.read()
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n<html>no password so far")
        await writer.drain()
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    with pytest.raises(HungUp):
        await of(behave)


async def test_silence_a_drip_and_a_closed_port(of, wire, target, closed_port):
    async def silent(reader, writer):
        await reader.read()
        await reader.__class__.read(reader, 1)

    async def drip(reader, writer):
        await reader.read()
        for octet in b"HTTP/1.1 200 OK\r\n" * 20:
            writer.write(bytes([octet]))
            await asyncio.sleep(0.01)

    with pytest.raises(TimedOut):
        await of(silent)
    with pytest.raises((TimedOut, Unintelligible)):
        await of(drip)
    it = target(closed_port, "http", permits=Permissions(paths=frozenset("/")))
    with pytest.raises(Refused):
        await http.pages(wire, it, paths=("/",))


async def test_over_tls_the_request_is_judged_before_it_is_encrypted(tmp_path, target, gate):
    certificate, key = identity("Line 1", "urn:line")
    context = _server_context(tmp_path, certificate, key)
    heard: list[bytes] = []

    async def serve(reader, writer):
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
            b"Strict-Transport-Security: max-age=1\r\n\r\n" + LOGIN.encode()
        )
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    wire = Wire(gate, connect=1, whole=5)
    async with server:
        port = server.sockets[0].getsockname()[1]
        good = target(port, "https", permits=Permissions(paths=frozenset({"/"})))
        page = (await http.pages(wire, good, paths=("/",))).pages[0]
        with pytest.raises(NotPermitted, match="is not declared"):
            await http.pages(wire, good, paths=("/other",))

    assert (page.login, page.hsts) == (LoginMark.FORM, True)
    assert len(heard) == 1
    assert heard[0].startswith(b"GET / HTTP/1.1\r\n")
    expected = ExpectedService("tcp-443", "tcp", 443, "https")
    pages = observed(HttpPages((page,)))
    assert told(verdict(BY_ID["http-login-required"], pages, service=expected))[0] == "pass"


@pytest.mark.parametrize("cut", ["before", "without-goodbye"])
async def test_a_cut_tls_connection_is_no_end(tmp_path, peer, target, gate, cut):
    """A body without a length ends with close_notify; anybody on the path can send a FIN."""
    context = _server_context(tmp_path, *identity("Line 1", "urn:line"))

    async def behave(reader, writer):
        inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        side = context.wrap_bio(inside, outside, server_side=True)
        said = False
        while not said:
            inside.write(await reader.read(4096))
            try:
                side.do_handshake()
                side.read(4096)
                if cut == "without-goodbye":
                    side.write(b"HTTP/1.1 200 OK\r\n\r\n<html>half")
                said = True
            except ssl.SSLWantReadError:
                pass
            writer.write(outside.read())
        await writer.drain()
        writer.close()

    it = await peer(behave)
    good = target(it.port, "https", permits=Permissions(paths=frozenset({"/"})))
    with pytest.raises(HungUp):
        await http.pages(Wire(gate, connect=1, whole=5), good, paths=("/",))


async def test_plain_http_on_the_https_port_is_no_fact(of):
    with pytest.raises(CollectError):
        await of(answering(LOGIN), protocol="https")
    assert TLS_OVERHEAD < http.MOST_BODY


def _server_context(folder, certificate, key) -> ssl.SSLContext:
    path = folder / "both.pem"
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
