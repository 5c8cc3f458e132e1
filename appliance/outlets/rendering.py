"""How every page is made: one template over one picture, fetched again by itself or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from appliance.ledger.errors import LedgerError
from appliance.outlets import views
from appliance.outlets.drill_view import broken
from appliance.outlets.picture import Picture
from appliance.outlets.sources import Sources
from appliance.outlets.text import harmless

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
STYLE_MARK = sha256(STYLE.encode()).hexdigest()[:12]
REFRESH_SECONDS = 30
REFRESH_SECONDS_IN_LABORATORY = 5
MOST_ROWS = 200

Kept = TypeVar("Kept")

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Pages:
    """`paint` gives the picture of this moment, `sources` what stands beside it."""

    paint: Callable[[], Picture]
    sources: Sources

    async def page(
        self,
        request: Request,
        name: str,
        picture: Picture,
        shown: Callable[[], dict[str, Any]],
        *,
        still: bool = False,
        status: int = 200,
    ) -> Response:
        """`still` pages are for reading or printing and are not fetched again by themselves."""
        paused = request.query_params.get("refresh") == "off"
        seconds = REFRESH_SECONDS_IN_LABORATORY if picture.laboratory else REFRESH_SECONDS
        now = picture.at

        def made() -> str:
            return _ENVIRONMENT.get_template(name).render(
                picture=picture,
                path=request.url.path,
                most=MOST_ROWS,
                refresh=None if still else seconds,
                paused=paused,
                style=STYLE_MARK,
                now=views.moment(now, now),
                moment=lambda at: views.moment(at, now),
                stamp=views.stamp,
                holds=views.holds(picture),
                broken=broken(picture),
                unadopted=harmless(picture.unadopted, views.LONGEST_SENTENCE),
                **shown(),
            )

        # A large site takes half a second, and the visits share this loop.
        html = await asyncio.to_thread(made)
        # The header, not its meta twin, so that each page can be told to stay as it is.
        headers = {} if still or paused else {"refresh": str(seconds)}
        return HTMLResponse(html, status_code=status, headers=headers)


def kept(work: Callable[[], Kept]) -> tuple[Kept | None, str]:
    """What `work` reads of the ledger, or why it could not."""
    try:
        return work(), ""
    except (LedgerError, OSError, ValueError) as error:
        return None, harmless(str(error), views.LONGEST_SENTENCE)


def number(text: str | None) -> int | None:
    """A small whole number of a query; None when it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None
