"""The package for people: one page without scripts, every claim with the file it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import jinja2

from appliance.ledger.package.material import Material
from appliance.ledger.package.tables import Table, written

_SOURCE = files("appliance.ledger.package")
_PAGE = jinja2.Environment(
    autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
).from_string(_SOURCE.joinpath("index.html").read_text("utf-8"))


def index(m: Material, tables: Sequence[Table]) -> bytes:
    page = _PAGE.render(
        facts=m.facts,
        site=m.site.site,
        tables=tables,
        span=m.span,
        written=written,
    )
    return page.encode()
