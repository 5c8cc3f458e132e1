"""Every HTTP method, and every way to say more than GET of a declared path."""

from __future__ import annotations

import pytest

from collectors.allowed import ON_THE_WIRE, Permissions, http

PERMITS = Permissions(paths=frozenset({"/", "/info.html", "/page?n=1", "/reboot"}))

# RFC 9110, the IANA registry of methods, and what devices made up.
METHODS = [
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POST",
    "PRI",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
    "M-SEARCH",
    "NOTIFY",
    "SUBSCRIBE",
    "PURGE",
    "DEBUG",
    "TRACK",
    "get",
    "Get",
    "GET\t",
    "GETS",
]


def request(
    method: str = "GET",
    path: str = "/",
    version: str = "HTTP/1.1",
    *more: str,
    host: str = "Host: 10.0.0.7",
    connection: str = "Connection: close",
) -> bytes:
    lines = [f"{method} {path} {version}", host, connection, *more]
    return "\r\n".join([line for line in lines if line] + ["", ""]).encode("latin-1")


def passes(data: bytes, permits: Permissions = PERMITS) -> bool:
    return ON_THE_WIRE["http"](permits, data) is None


def test_of_all_methods_only_get_passes():
    assert [method for method in METHODS if passes(request(method))] == ["GET"]


@pytest.mark.parametrize("path", ["/", "/info.html", "/page?n=1"])
def test_a_declared_path_passes(path):
    assert passes(request(path=path))
    assert not passes(request(path=path), Permissions())


@pytest.mark.parametrize(
    "path",
    [
        "/info",
        "/INFO.html",
        "/page",
        "/page?n=2",
        "/?a",
        "//",
        "/./",
        "/..",
        "*",
        "",
        "/#a",
        "/%2f",
        "http://10.0.0.8/",
        "/ ",
        "/\t",
        "/reboot",
    ],
)
def test_any_other_path_does_not(path):
    assert not passes(request(path=path))


@pytest.mark.parametrize(
    "path",
    [
        "/logout",
        "/a/RESET",
        "/Reboot.htm",
        "/restart?now",
        "/x?do=save",
        "/clear-log",
        "/cgi-bin/x",
        "/%72eboot",
        "/%2572eboot",
        "/re%62oot",
        "info.html",
        "",
        "/a b",
        "/a#b",
        "/\x00",
        "/\r\nX: y",
    ],
)
def test_what_sounds_like_a_command_or_is_no_path_may_not_even_be_declared(path):
    assert http.path_fault(path) is not None
    assert not passes(request(path=path), Permissions(paths=frozenset({path})))


@pytest.mark.parametrize("path", ["/", "/info.html", "/page?n=1", "/a/b/c.xml", "/~x", "/%C3%BC"])
def test_an_ordinary_path_may_be_declared(path):
    assert http.path_fault(path) is None


@pytest.mark.parametrize(
    "version", ["HTTP/1.0", "HTTP/2", "HTTP/0.9", "http/1.1", "", "HTTP/1.1 x"]
)
def test_any_other_version_does_not_pass(version):
    assert not passes(request(version=version))


@pytest.mark.parametrize(
    "line", ["User-Agent: upheld", "Accept: text/html, */*", "Accept-Encoding: identity"]
)
def test_harmless_header_lines_pass_once(line):
    assert passes(request("GET", "/", "HTTP/1.1", line))
    assert not passes(request("GET", "/", "HTTP/1.1", line, line))


@pytest.mark.parametrize(
    "line",
    [
        "Content-Length: 0",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Cookie: a=b",
        "Authorization: Basic YTpi",
        "Upgrade: websocket",
        "Expect: 100-continue",
        "Referer: /",
        "X-HTTP-Method-Override: PUT",
        "Host: other",
        "Connection: keep-alive",
        " folded: x",
        "User-Agent:x",
        "User-Agent: ",
        "User-Agent: a\x00b",
        "User-Agent: a\nX: y",
        "User-Agent : x",
    ],
)
def test_any_other_header_line_does_not(line):
    assert not passes(request("GET", "/", "HTTP/1.1", line))


@pytest.mark.parametrize("host", ["", "Host: ", "Host: a b", "Host: a/b", "Host: u@h", "Host: a:b"])
def test_a_host_is_named(host):
    assert not passes(request(host=host))


@pytest.mark.parametrize("host", ["10.0.0.7", "10.0.0.7:8080", "plc-1.plant", "[fe80::1]:443"])
def test_hosts_are_names_and_addresses(host):
    assert passes(request(host=f"Host: {host}"))


@pytest.mark.parametrize("connection", ["", "Connection: keep-alive", "Connection: upgrade"])
def test_the_connection_is_for_one_request(connection):
    assert not passes(request(connection=connection))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        request()[:-1],
        request()[:-2],
        request() + b"x",
        request() + request(),
        request().replace(b"\r\n", b"\n"),
        b"\r\n" + request(),
        request("GET", "/", "HTTP/1.1", "User-Agent: " + "x" * 5_000),
    ],
)
def test_only_one_whole_request_without_a_body_passes(data):
    assert not passes(data)
