"""The pages over the ledger: heads, entries, their proofs and what they name."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from appliance.outlets import evidence_view, guard_view
from appliance.outlets.rendering import Pages, kept, number


class EvidencePages(Pages):
    """Each reads the ledger's file anew, beside its writer."""

    async def heads(self, request: Request) -> Response:
        before = number(request.query_params.get("before"))
        asked = number(request.query_params.get("entry"))
        if asked is not None:
            return Response(status_code=303, headers={"location": f"/evidence/entries/{asked}"})

        picture = self.paint()

        def shown() -> dict[str, Any]:
            ledger = self.sources.ledger
            anchors = guard_view.anchored(picture)
            if ledger is None:
                return {"heads": None, "lines": (), "problem": "", "before": before, "anchors": ()}
            heads, problem = kept(lambda: evidence_view.heads(ledger, self.sources.vkey()))
            lines, _ = kept(lambda: evidence_view.entries(ledger, before))
            return {
                "heads": heads,
                "lines": lines or (),
                "problem": problem,
                "before": before,
                "anchors": anchors,
            }

        return await self.page(request, "evidence.html", picture, shown)

    async def entry(self, request: Request) -> Response:
        ledger, index = self.sources.ledger, request.path_params["index"]
        if ledger is None:
            raise HTTPException(404)
        found, _ = await asyncio.to_thread(kept, lambda: evidence_view.entry(ledger, index))
        if found is None:
            raise HTTPException(404)
        return await self.page(
            request, "entry.html", self.paint(), lambda: {"entry": found}, still=True
        )

    async def proof(self, request: Request) -> Response:
        ledger, index = self.sources.ledger, request.path_params["index"]
        if ledger is None:
            raise HTTPException(404)
        found, problem = await asyncio.to_thread(
            kept, lambda: evidence_view.proof(ledger, self.sources.vkey(), index)
        )
        return (
            Response(found, media_type="text/plain")
            if found
            else PlainTextResponse(f"{problem}\n", 404)
        )

    async def content(self, request: Request) -> Response:
        ledger, digest = self.sources.ledger, request.path_params["digest"]
        if ledger is None:
            raise HTTPException(404)
        found, _ = await asyncio.to_thread(kept, lambda: evidence_view.content(ledger, digest))
        if found is None:
            raise HTTPException(404)
        shown = {"digest": digest, "lines": found}
        return await self.page(request, "content.html", self.paint(), lambda: shown, still=True)
