"""HTTP: heads, bodies, and the pages in them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import Any

from checks.facts.expected import Limits
from collectors import http
from collectors.allowed import Permissions
from tests.checks.given import asset, service
from tests.fuzz.memory import NOW, InMemory, Says
from tests.fuzz.subjects.greetings import SHOWN
from tests.fuzz.subjects.subject import PHRASE, Subject, script

DATE = "Date: Mon, 02 Mar 2026 12:00:01 GMT"
COOKIE = "Set-Cookie: sid=0123456789abcdef0123456789abcdef; HttpOnly; SameSite=Strict"
FORM = (
    "<!doctype html><title>Line 1</title><p>Authorised use only.</p><form action=/login "
    'method=post><input name=user><input type="password" name=word></form>'
)
PANEL = "<title>Line 1</title><h1>Pump</h1>Level 3.5 m, setpoint 4.0 m<script>x='</p>'</script>"
TRACE = "<pre>Traceback (most recent call last): File /var/www/hmi/app.py</pre>"
_TRACE = b"Traceback (most recent call last)"


def answered(status: str, *lines: str, body: str = "", chunked: bool = False) -> Callable[[], Says]:
    head = [f"HTTP/1.1 {status}", "Content-Type: text/html; charset=utf-8", DATE, *lines]
    octets = body.encode()
    if chunked:
        head.append("Transfer-Encoding: chunked")
        octets = b"%x\r\n" % len(octets) + octets + b"\r\n0\r\n\r\n"
    else:
        head.append(f"Content-Length: {len(octets)}")
    return script(b"", "\r\n".join([*head, "", ""]).encode() + octets)


class _Answered(io.BytesIO):
    def makefile(self, *_: Any) -> io.BytesIO:
        return self


def read_again(said: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body as the standard library reads them."""
    response = HTTPResponse(_Answered(said))  # type: ignore[arg-type]
    response.begin()
    try:
        body = response.read()
    except HTTPException:
        body = said
    return response.status, response.getheaders(), body


def shows(check: str, _facts: Any, wire: InMemory) -> bool:
    try:
        status, headers, body = read_again(wire.said)
    except HTTPException:
        return False
    told = {name.casefold(): value for name, value in headers}
    match check:
        case "http-login-required":
            form = re.search(rb"(?i)type\s*=\s*[\"']?\s*password", body)
            led = re.search(r"(?i)log|sign|auth|anmeld|sso", told.get("location", ""))
            return bool(status in (401, 403) or form or (300 <= status < 400 and led))
        case "login-notice-shown":
            return SHOWN.search(wire.said) is not None
        case "clock-offset-within-limit":
            return abs((parsedate_to_datetime(told["date"]) - NOW).total_seconds()) <= 12
        case "error-output-terse":
            return _TRACE not in body
        case "http-encrypted":
            away = told.get("location", "").casefold()
            return 300 <= status < 400 and away.startswith("https://127.0.0.1")
        case "http-session-cookie-sound":
            cookie = told.get("set-cookie", "").casefold()
            return "httponly" in cookie and "samesite" in cookie
        case _:
            return False


WEBS = (
    Subject(
        "http",
        "http",
        lambda wire, target: http.pages(wire, target, paths=("/",)),
        (
            answered("200 OK", COOKIE, body=FORM),
            answered("200 OK", body=FORM, chunked=True),
            answered("200 OK", "Set-Cookie: sid=1", body=PANEL),
            answered("500 Broken", body=TRACE),
            answered("401 Who", f'WWW-Authenticate: Basic realm="{PHRASE}"'),
            answered("302 Found", "Location: https://127.0.0.1/login"),
            answered("302 Found", "Location: http://127.0.0.1:1/start"),
        ),
        1,
        shows,
        frozenset(
            {
                "http-login-required",
                "login-notice-shown",
                "clock-offset-within-limit",
                "error-output-terse",
                "http-encrypted",
                "http-session-cookie-sound",
            }
        ),
        {
            "limits": Limits(login_notice=(PHRASE,)),
            "asset": asset(addresses=("127.0.0.1",)),
            "service": service(1, "http"),
        },
        Permissions(paths=frozenset({"/"})),
    ),
)
