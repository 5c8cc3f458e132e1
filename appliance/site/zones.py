"""Zones, the conduits between them, and the levels they aim at."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from appliance.site.assets import Text
from appliance.site.scalars import AbsolutePath, Id, Network, PortText, Strict, WindowText

Level = Annotated[int, Field(ge=0, le=4, strict=True)]


class SlT(Strict):
    """A target security level, one per FR; written as one number or as a map fr1..fr7."""

    fr1: Level = 0
    fr2: Level = 0
    fr3: Level = 0
    fr4: Level = 0
    fr5: Level = 0
    fr6: Level = 0
    fr7: Level = 0

    def of(self, fr: int) -> int:
        """The level of foundational requirement 1..7; 0 where none was set."""
        return int(getattr(self, f"fr{fr}"))

    @model_validator(mode="before")
    @classmethod
    def _one_for_all(cls, value: Any) -> Any:
        if isinstance(value, dict | SlT):
            return value
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 4:
            raise ValueError("write one level from 0 to 4, or a map fr1..fr7 of levels")
        return {f"fr{n}": value for n in range(1, 8)}


class ExternalPath(Strict):
    """A way into the site from outside it, and the zone it ends in."""

    id: Id
    kind: Id
    provider: Text = ""
    ends_at: Id


Rating = Literal["low", "medium", "high"]


class Consequence(Strict):
    safety: Rating | None = None
    environment: Rating | None = None
    production: Rating | None = None


class Zone(Strict):
    id: Id
    name: Text = ""
    networks: tuple[Network, ...] = ()
    sl_t: SlT = SlT()
    untrusted: Annotated[bool, Field(strict=True)] = False
    """Not ours to trust, such as an office or guest network: from here nothing may open but what
    a conduit lists for one host."""
    management: Annotated[bool, Field(strict=True)] = False
    """Network gear and hosts are administered from here; from elsewhere, lint wonders."""
    crs: Text = ""
    criticality: Rating | None = None
    consequence: Consequence = Consequence()
    responsible: Text = ""
    blackout: tuple[WindowText, ...] = ()
    window: tuple[WindowText, ...] = ()
    """When it may be visited; empty: whenever there is no blackout."""
    blackout_file: AbsolutePath | None = None
    """Written by another system; while it has content, the zone is in a blackout."""


class Allow(Strict):
    """One permitted flow; None stands for every host of that zone.  Written `tcp/4840` or a map."""

    port: PortText
    source: Annotated[Id | None, Field(alias="from")] = None
    target: Annotated[Id | None, Field(alias="to")] = None

    @model_validator(mode="before")
    @classmethod
    def _port_alone(cls, value: Any) -> Any:
        return {"port": value} if isinstance(value, str) else value


class Conduit(Strict):
    id: Id
    from_zone: Annotated[Id, Field(alias="from")]
    to_zone: Annotated[Id, Field(alias="to")]
    sl_t: SlT = SlT()
    denies_by: Literal["drop", "reset"] = "drop"
    untrusted: Annotated[bool, Field(strict=True)] = False
    """Others can listen on the way: nothing may cross it unencrypted."""
    allow: tuple[Allow, ...] = ()
