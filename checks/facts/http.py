"""What web servers show to somebody who is not logged in: extracts, never bodies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from checks.facts.clocks import ClockReading
from checks.facts.observation import Facts, reading


class LoginMark(StrEnum):
    """What on the page or in its headers asks for a login."""

    NONE = "none"
    CHALLENGE = "challenge"
    """Status 401 with WWW-Authenticate."""
    FORBIDDEN = "forbidden"
    FORM = "form"
    """A form with a password field."""
    REDIRECT = "redirect"
    """Sent to a path that names a login, on the same host."""
    UNCLEAR = "unclear"
    """An error, a redirect elsewhere, a page drawn by scripts, cut, or with more than its login."""


@dataclass(frozen=True)
class Cookie:
    """One Set-Cookie; `bits` is an upper bound of what its value can hold."""

    name: str
    secure: bool
    http_only: bool
    same_site: str
    bits: int


@dataclass(frozen=True)
class HttpPage:
    """
    The answer to one GET.

    `location` is the redirect's target as scheme, host and path without its query.  `schemes`
    are those of WWW-Authenticate, lower case.  `title` and `notice` are cleaned texts of at most
    200 and 2,000 characters; `notice` is what stands before the login.  `traces` names marks of
    stack traces or internal paths.  `truncated`: longer than we read, so `sha256` covers the part
    read only.
    """

    path: str
    status: int
    content_type: str
    title: str
    notice: str
    login: LoginMark
    schemes: tuple[str, ...] = ()
    location: str = ""
    server: str = ""
    hsts: bool = False
    cookies: tuple[Cookie, ...] = ()
    traces: tuple[str, ...] = ()
    sha256: str = ""
    truncated: bool = False


@dataclass(frozen=True)
class HttpPages(Facts):
    """Every declared path, in the order declared; over TLS when the service is https."""

    protocols: ClassVar[tuple[str, ...]] = ("http", "https")

    pages: tuple[HttpPage, ...]
    clock: ClockReading | None = reading()
