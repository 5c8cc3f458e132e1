"""What one HTTP answer says, made into facts: extracts and a hash, never the body.  Pure."""

from __future__ import annotations

import codecs
import hashlib
import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urljoin, urlsplit

from checks.facts.http import Cookie, HttpPage, LoginMark
from collectors import html_reading

MOST_TEXT, MOST_NOTICE, MOST_NAME = 200, 2_000, 64
MOST_COOKIES, MOST_TRACES = 20, 5

_LOGIN_PATH = re.compile(
    r"(?<![a-z])(web|user|admin|app)?[-_]?"
    r"(log[-_]?[io]n|sign[-_]?[io]n|anmeld(en|ung)|authenticat(e|ion)|auth|sso)"
    r"[-_]?(page|form|screen|view)?(?![a-z])"
)
_MARKUP = ("text/html", "application/xhtml+xml")
_TEXT_CODECS = re.compile(
    r"(utf|iso-?8859|windows-?12|cp12|latin|us-ascii|ascii|gb|big5|shift|euc|koi8)[\w-]*", re.ASCII
)
# What an interpreter says when it breaks, and where servers keep their files.
_TRACES = (
    ("a Python stack trace", re.compile(r"Traceback \(most recent call last\)")),
    ("a Java stack trace", re.compile(r"\bat [\w$.<>]{3,200}\([\w$]{1,100}\.java:\d+\)")),
    ("a .NET stack trace", re.compile(r"\bat [\w.`]{3,200}\([^()\n]{0,200}\) in \w:\\")),
    (
        "a PHP error",
        re.compile(r"(?:Warning|Notice|Fatal error|Parse error): .{1,300}? on line \d"),
    ),
    ("a stack trace", re.compile(r"\bStack ?Trace:|\bException in thread \"", re.IGNORECASE)),
    ("a JavaScript stack trace", re.compile(r"/[\w-]{1,80}\.[cm]?js:\d{1,6}:\d{1,6}")),
    ("a database error", re.compile(r"\bORA-\d{5}\b|You have an error in your SQL syntax")),
)
_NOWHERE_ELSE = frozenset({"a Python stack trace", "a Java stack trace", "a .NET stack trace"})
_PATHS = (
    re.compile(
        r"(?<![\w.:/])/(?:var/www|usr/(?:lib|local|share|bin|sbin)|home/[\w.-]+|opt|etc|root|mnt)"
        r"/[\w./-]{2,200}"
    ),
    re.compile(
        r"(?<![\w])[A-Za-z]:\\(?:inetpub|windows|users|program files|programdata|www|xampp)"
        r"\\[\w.\\ -]{1,200}",
        re.IGNORECASE,
    ),
)


@dataclass(frozen=True)
class Answer:
    """
    One answer as read: header names in lower case, the body as far as we read it.

    `url` is what was asked for; `cut`: the body is longer.
    """

    url: str
    path: str
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    cut: bool

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    def one(self, name: str) -> str:
        """The value all lines of this name have; empty where there is none, or two differ."""
        values = set(self.all(name))
        return values.pop() if len(values) == 1 else ""


def page(answer: Answer, *, most: int) -> HttpPage:
    """
    `most` octets of a packed body are unpacked.

    Raises `ValueError` for a body that cannot be read as what the headers call it.
    """
    body, cut = _unpacked(answer, most)
    text = _decoded(answer, body)
    markup = _media(answer) in _MARKUP or (not _media(answer) and text.lstrip()[:1] == "<")
    shown = html_reading.read(text) if markup else html_reading.Page("", text, "", False, "")
    location = _location(answer.url, answer.one("location"))
    schemes = _schemes(answer.all("www-authenticate"))
    login = _login(answer, shown, location, schemes, cut=cut, any_body=bool(body.strip()))
    return HttpPage(
        path=answer.path,
        status=answer.status,
        content_type=_clean(_media(answer), MOST_TEXT),
        title=_clean(shown.title, MOST_TEXT),
        notice=_notice(answer, shown, login),
        login=login,
        schemes=schemes,
        location=_clean(location, 2 * MOST_NOTICE),
        server=_clean(answer.one("server"), MOST_TEXT),
        hsts=answer.url.startswith("https:") and _strict(answer.one("strict-transport-security")),
        cookies=_cookies(answer.all("set-cookie")),
        traces=_traces(
            f"{shown.title}\n{shown.text}\n{shown.comments}" if markup else text, all_of_it=text
        ),
        sha256=hashlib.sha256(body).hexdigest(),
        truncated=cut,
    )


def told_time(answer: Answer) -> datetime | None:
    """Its Date header, unless a cache answered for it."""
    try:
        told = parsedate_to_datetime(answer.one("date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if answer.all("age") or told.tzinfo is None:
        return None
    return told.astimezone(UTC)


def _unpacked(answer: Answer, most: int) -> tuple[bytes, bool]:
    """Many small servers keep their pages packed and send them so to everybody."""
    coding = answer.one("content-encoding").strip().casefold()
    if coding in ("", "identity") and len(answer.all("content-encoding")) <= 1:
        return answer.body, answer.cut
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise ValueError(f"its body is packed as {coding or 'two things'!r}, not asked for")
    unpack = zlib.decompressobj(wbits=47)
    try:
        body = unpack.decompress(answer.body, most)
    except zlib.error as error:
        raise ValueError(f"its body is no {coding}: {error}") from error
    if not unpack.eof and not unpack.unconsumed_tail and not answer.cut:
        raise ValueError(f"its body of {coding} breaks off")
    return body, answer.cut or not unpack.eof


def _media(answer: Answer) -> str:
    return answer.one("content-type").partition(";")[0].strip().casefold()


def _decoded(answer: Answer, body: bytes) -> str:
    for mark, codec in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                        (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if body.startswith(mark):
            return body.decode(codec, errors="replace")
    found = re.search(r"charset\s*=\s*\"?([\w-]{1,40})", answer.one("content-type"), re.IGNORECASE)
    stated = found[1].casefold() if found else ""
    codec = stated if _TEXT_CODECS.fullmatch(stated) else "utf-8"
    try:
        return body.decode(codec, errors="replace")
    except LookupError:
        return body.decode(errors="replace")


def _login(
    answer: Answer,
    shown: html_reading.Page,
    location: str,
    schemes: tuple[str, ...],
    *,
    cut: bool,
    any_body: bool,
) -> LoginMark:
    status = answer.status
    if status in (401, 403):
        return LoginMark.CHALLENGE if status == 401 and schemes else LoginMark.FORBIDDEN
    if 300 <= status < 400:
        return LoginMark.REDIRECT if _to_login(answer.url, location) else LoginMark.UNCLEAR
    if not 200 <= status < 300 or cut or not any_body:
        return LoginMark.UNCLEAR
    if shown.goes_to and len(shown.text.split()) < html_reading.FEW_WORDS:
        away = _location(answer.url, shown.goes_to)
        return LoginMark.REDIRECT if _to_login(answer.url, away) else LoginMark.UNCLEAR
    if shown.asks is None:
        return LoginMark.UNCLEAR
    return LoginMark.FORM if shown.asks else LoginMark.NONE


def _notice(answer: Answer, shown: html_reading.Page, login: LoginMark) -> str:
    """What stands on the page of the form, or in the window a browser opens for a challenge."""
    if login is LoginMark.CHALLENGE:
        realms = re.findall(
            r"realm\s*=\s*\"((?:[^\"\\]|\\.)*+)\"",
            ", ".join(answer.all("www-authenticate")),
            re.IGNORECASE,
        )
        return _clean(" ".join(realms), MOST_NOTICE)
    return _clean(shown.text, MOST_NOTICE) if login is LoginMark.FORM else ""


def _location(base: str, told: str) -> str:
    """
    Scheme, host and path of where a redirect leads; empty where readers could disagree.

    A browser takes a backslash for a slash, drops line ends, and sends users and queries along.
    """
    if not told or len(told) > MOST_NOTICE or re.search(r"[\\\s\x00-\x1f\x7f]", told):
        return ""
    try:
        parts = urlsplit(urljoin(base, told))
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path or '/'}"


def _to_login(url: str, location: str) -> bool:
    if not location:
        return False
    asked, led = urlsplit(url), urlsplit(location)
    return _same_host(asked, led) and bool(_LOGIN_PATH.search(led.path.casefold()))


def _same_host(one: SplitResult, other: SplitResult) -> bool:
    return one.hostname == other.hostname


def _schemes(challenges: Sequence[str]) -> tuple[str, ...]:
    """RFC 9110, 11.6.1: a name, then its parameters; a comma stands before the next name too."""
    found = (
        re.match(r"\s*([A-Za-z][A-Za-z0-9-]{0,30})(?=\s+[^\s=,]|\s*$)", part)
        for challenge in challenges
        for part in re.sub(r'"(?:[^"\\]|\\.)*+"', "x", challenge).split(",")
    )
    return tuple(dict.fromkeys(each[1].casefold() for each in found if each))


def _strict(told: str) -> bool:
    found = re.search(r"max-age\s*=\s*\"?(\d{1,12})", told, re.IGNORECASE)
    return found is not None and int(found[1]) > 0


def _cookies(lines: Sequence[str]) -> tuple[Cookie, ...]:
    return tuple(cookie for line in lines[:MOST_COOKIES] if (cookie := _cookie(line)))


def _cookie(line: str) -> Cookie | None:
    """None for one that only deletes."""
    first, *rest = line.split(";")
    name, _, value = first.partition("=")
    value = value.strip().strip('"')
    if not value:
        return None
    given = [part.partition("=") for part in rest]
    said = {key.strip().casefold(): what.strip() for key, _, what in given}
    return Cookie(
        name=_clean(name, MOST_NAME),
        secure="secure" in said,
        http_only="httponly" in said,
        same_site=_clean(said.get("samesite", ""), MOST_NAME),
        bits=_bits(value),
    )


def _bits(value: str) -> int:
    """The most a value of these kinds of characters can hold."""
    for kinds, of in ((r"[0-9]+", 10), (r"[0-9a-f-]+|[0-9A-F-]+", 16), (r"[\w+/=.-]+", 64)):
        if re.fullmatch(kinds, value, re.ASCII):
            return math.ceil(len(value.replace("-", "") if of == 16 else value) * math.log2(of))
    return math.ceil(len(value) * math.log2(94))


def _traces(text: str, *, all_of_it: str) -> tuple[str, ...]:
    """Marks in `text`; those that stand in no sound script or tag are looked for beyond it too."""
    found = [
        name
        for name, pattern in _TRACES
        if pattern.search(all_of_it if name in _NOWHERE_ELSE else text)
    ]
    paths = (match for pattern in _PATHS if (match := pattern.search(text)))
    found += [f"the path {_clean(match[0], 80)}" for match in paths]
    return tuple(found[:MOST_TRACES])


def _clean(text: str, most: int) -> str:
    """One line, printable, no longer than this."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))[:most]
