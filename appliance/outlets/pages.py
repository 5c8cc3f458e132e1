"""The pages of the status site: each paints anew and renders one template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from appliance.outlets import (
    drill_view,
    guard_view,
    history_view,
    matrix_view,
    views,
    zone_view,
)
from appliance.outlets.picture import Picture, ZonePicture
from appliance.outlets.rendering import Pages, kept, number
from appliance.outlets.text import harmless
from checks.check import Audience
from checks.facts.standing import Standing, State, StateKey
from checks.techniques import TECHNIQUES

HIGHEST_LEVEL = 4
TOLD = {
    Audience.SOC: "the OT SOC",
    Audience.ENGINEERING: "engineering",
    Audience.PROGRAMME: "whoever runs this verification",
}


class SitePages(Pages):
    """What the site's people look at."""

    async def overview(self, request: Request) -> Response:
        picture = self.paint()
        return await self.page(request, "overview.html", picture, lambda: _overview(picture))

    async def zone(self, request: Request) -> Response:
        picture = await self.sources.whole(self.paint())
        zone, start = _zone(picture, request), number(request.query_params.get("from")) or 0
        return await self.page(
            request, "zone.html", picture, lambda: {**_zone_shown(picture, zone), "start": start}
        )

    async def walk_down(self, request: Request) -> Response:
        picture = self.paint()
        zone = _zone(picture, request)
        return await self.page(
            request,
            "walk_down.html",
            picture,
            lambda: {
                "zone": zone,
                "sl_t": matrix_view.levels(zone.sl_t),
                "sheets": zone_view.sheets(picture, zone, self.sources.by_hand),
            },
            still=True,
        )

    async def asset(self, request: Request) -> Response:
        picture, name = self.paint(), request.path_params["id"]
        found = next((a for a in picture.assets if a.id == name), None)
        if found is None:
            raise HTTPException(404)
        mine = [(k, s) for k, s in picture.standings if k.subject.asset == name]
        return await self.page(
            request,
            "asset.html",
            picture,
            lambda: {
                "asset": found,
                "total": views.counted(s for _, s in mine),
                "rows": views.rows(picture, mine),
                "observations": views.observations(picture, name),
                "restraints": views.restraints(picture, name),
                "by_hand": zone_view.hand_checks(picture, mine, self.sources.by_hand),
            },
        )

    async def checks(self, request: Request) -> Response:
        picture = self.paint()
        return await self.page(
            request, "checks.html", picture, lambda: {"rows": views.check_rows(picture)}
        )

    async def check(self, request: Request) -> Response:
        picture = self.paint()
        found = picture.checks.get(request.path_params["id"])
        if found is None:
            raise HTTPException(404)
        mine = [(k, s) for k, s in picture.standings if k.check == found.id]
        return await self.page(
            request,
            "check.html",
            picture,
            lambda: {
                "check": found,
                "told": TOLD[found.audience],
                "enables": [(t, TECHNIQUES[t]) for t in found.enables],
                "why_broken": picture.drilled.broken.get(found.id, ""),
                "tested": picture.drilled.tested,
                "total": views.counted(s for _, s in mine),
                "rows": views.rows(picture, mine),
            },
        )

    async def matrix(self, request: Request) -> Response:
        picture, other = self.paint(), self.sources.matrix
        asked = request.query_params.get("sl_t", "")
        level = _level(asked) if other else None
        cells = await other(level) if other else picture.cells
        return await self.page(
            request,
            "matrix.html",
            picture,
            lambda: {
                "zones": matrix_view.zone_matrices(picture, cells),
                "level": level,
                "refused": harmless(asked) if asked and level is None else "",
                "can_ask": other is not None,
                "levels": range(1, HIGHEST_LEVEL + 1),
                "legend": matrix_view.SHAPES,
                "styles": matrix_view.STYLES,
            },
        )

    async def cell(self, request: Request) -> Response:
        picture = await self.sources.whole(self.paint())
        zone = _zone(picture, request)
        wanted = matrix_view.requirement_of(request.path_params["requirement"])
        found = next(
            (c for c in picture.cells if c.zone == zone.id and c.requirement == wanted), None
        )
        if found is None:
            raise HTTPException(404)
        return await self.page(
            request,
            "cell.html",
            picture,
            lambda: {
                "zone": zone,
                "cell": matrix_view.cell_row(picture, found),
                "assets": {a.id for a in picture.assets},
                "rows": matrix_view.evidence(picture, found),
            },
        )

    async def state(self, request: Request) -> Response:
        picture, name = self.paint(), request.path_params["key"]
        found = next(((k, s) for k, s in picture.standings if str(k) == name), None)
        if found is None:
            raise HTTPException(404)
        ledger = self.sources.ledger

        def shown() -> dict[str, Any]:
            turns, problem = (
                kept(lambda: history_view.history(ledger, name)) if ledger else ((), "")
            )
            (row,) = views.rows(picture, [found])
            check = picture.checks.get(found[0].check)
            return {
                "row": row,
                "check": check,
                "do": self.sources.by_hand(found[0], check) if check else "",
                "turns": turns or (),
                "problem": problem,
            }

        return await self.page(request, "state.html", picture, shown)

    async def appliance(self, request: Request) -> Response:
        picture = self.paint()
        return await self.page(
            request,
            "appliance.html",
            picture,
            lambda: {
                "guard": guard_view.guarded(picture),
                "restraints": views.restraints(picture),
                "drills": drill_view.drills(picture),
                "anchors": guard_view.anchored(picture),
            },
        )

    async def missing(self, request: Request, _error: Exception) -> Response:
        return await self.page(request, "missing.html", self.paint(), dict, still=True, status=404)


def _overview(picture: Picture) -> dict[str, Any]:
    return {
        **_worst(picture, picture.standings),
        "total": views.counted(s for _, s in picture.standings),
        "zones": zone_view.zones(picture),
        "restraints": views.restraints(picture),
    }


def _zone_shown(picture: Picture, zone: ZonePicture) -> dict[str, Any]:
    row = next(r for r in zone_view.zones(picture) if r.zone == zone)
    own = [c for c in picture.cells if c.zone == zone.id]
    return {
        **_worst(picture, zone_view.within(picture, zone)),
        "row": row,
        "sl_t": matrix_view.levels(zone.sl_t),
        "matrices": matrix_view.zone_matrices(picture, own),
        "restraints": [r for r in views.restraints(picture) if r.zone in ("", zone.id)],
    }


def _worst(picture: Picture, standings: Iterable[tuple[StateKey, Standing]]) -> dict[str, Any]:
    bad = [item for item in standings if item[1].state in (State.FAIL, State.UNKNOWN)]
    rows = views.rows(picture, bad)
    unknown = [row for row in rows if row.state is State.UNKNOWN]
    return {
        "failing": [row for row in rows if row.state is State.FAIL],
        "unknown": unknown,
        "groups": views.gathered(unknown),
    }


def _level(text: str) -> int | None:
    level = number(text)
    return level if level is not None and 1 <= level <= HIGHEST_LEVEL else None


def _zone(picture: Picture, request: Request) -> ZonePicture:
    name = request.path_params["id"]
    found = next((z for z in picture.zones if z.id == name), None)
    if found is None:
        raise HTTPException(404)
    return found
