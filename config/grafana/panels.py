"""Panels and dashboards in Grafana's classic JSON, as plain values."""

# ruff: noqa: INP001 - a tool beside what it writes, no package
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
# Never red and green alone: the order of lightness tells the same.
GOOD, WARN, BAD, PLAIN = "#1f78b4", "#ffb000", "#b2182b", "text"
WIDTH = 24


@dataclass(frozen=True)
class Panel:
    """
    One panel; `queries` are (PromQL, legend).  `steps` are (from, colour), the first from None.

    A `table` takes the newest values only.  `more` is merged into its field options.
    """

    kind: str
    title: str
    description: str
    queries: tuple[tuple[str, str], ...]
    unit: str
    width: int = 6
    height: int = 6
    steps: tuple[tuple[float | None, str], ...] = ((None, PLAIN),)
    transformations: tuple[Json, ...] = ()
    options: Json = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    links: tuple[Json, ...] = ()
    least: float | None = None
    most: float | None = None

    @property
    def instant(self) -> bool:
        return self.kind in ("table", "stat", "bargauge", "gauge")

    def json(self, number: int, x: int, y: int) -> Json:
        defaults: Json = {
            "unit": self.unit,
            "color": {"mode": "palette-classic" if self._lines else "thresholds"},
            "thresholds": {
                "mode": "absolute",
                "steps": [{"value": value, "color": colour} for value, colour in self.steps],
            },
            "links": list(self.links),
        }
        if self.least is not None:
            defaults["min"] = self.least
        if self.most is not None:
            defaults["max"] = self.most
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": defaults, "overrides": list(self.overrides)},
            "options": {**_OPTIONS.get(self.kind, {}), **self.options},
            "transformations": list(self.transformations),
            "targets": [self._target(n, *query) for n, query in enumerate(self.queries)],
        }

    @property
    def _lines(self) -> bool:
        return self.kind == "timeseries"

    def _target(self, n: int, expression: str, legend: str) -> Json:
        return {
            "refId": chr(ord("A") + n),
            "datasource": SOURCE,
            "editorMode": "code",
            "expr": expression,
            "legendFormat": legend,
            "instant": self.instant,
            "range": not self.instant,
            "format": "table" if self.kind == "table" else "time_series",
        }


_REDUCED: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, Json] = {
    "stat": {"reduceOptions": _REDUCED, "colorMode": "value", "graphMode": "none"},
    "bargauge": {"reduceOptions": _REDUCED, "orientation": "horizontal", "displayMode": "basic"},
    "gauge": {"reduceOptions": _REDUCED},
    "table": {"showHeader": True, "cellHeight": "sm"},
    "timeseries": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}},
    "state-timeline": {"showValue": "auto", "mergeValues": True},
}


def variable(name: str, label: str, query: str, *, many: bool = True) -> Json:
    """One that Prometheus fills."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "definition": query,
        "query": {"query": query, "refId": f"variable-{name}"},
        "refresh": 2,
        "sort": 1,
        "includeAll": many,
        "multi": many,
        "allValue": ".*" if many else None,
        "current": {"text": "All", "value": "$__all"} if many else {},
    }


def page() -> Json:
    """Where the appliance's own page is, for the links."""
    where = "http://127.0.0.1:62443"
    return {
        "name": "page",
        "label": "Status page",
        "type": "textbox",
        "query": where,
        "current": {"text": where, "value": where},
    }


def source() -> Json:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        "current": {},
    }


def dashboard(
    uid: str, title: str, description: str, variables: list[Json], rows: list[list[Panel]]
) -> Json:
    """`rows` are laid out one below the other, each from the left; panels are numbered from 1."""
    panels: list[Json] = []
    y = 0
    for row in rows:
        x = 0
        for panel in row:
            panels.append(panel.json(len(panels) + 1, x, y))
            x += panel.width
        assert x <= WIDTH, f"{title}: a row is {x} wide, write panels of {WIDTH} in all"
        y += max(panel.height for panel in row)
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["upheld", "iec62443"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-7d", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [source(), *variables, page()]},
        "links": [
            {
                "title": "Upheld",
                "type": "dashboards",
                "tags": ["upheld"],
                "asDropdown": True,
                "keepTime": True,
                "includeVars": True,
            },
            {"title": "Status page", "type": "link", "url": "$page", "targetBlank": True},
        ],
        "panels": panels,
    }


def hidden(*names: str) -> Json:
    """Columns a reader of a table does not need."""
    return {
        "id": "organize",
        "options": {"excludeByName": dict.fromkeys(("Time", *names), True), "renameByName": {}},
    }


def to_asset() -> Json:
    return {
        "title": "What was seen and sent",
        "url": "${page}/assets/${__data.fields.asset}",
        "targetBlank": True,
    }


def to_check() -> Json:
    return {
        "title": "What the check asks",
        "url": "${page}/checks/${__data.fields.check}",
        "targetBlank": True,
    }


INSTANCE = variable("instance", "Appliance", "label_values(upheld_build_info, instance)")
ZONE = variable("zone", "Zone", 'label_values(upheld_asset_info{instance=~"$instance"}, zone)')
ASSET = variable(
    "asset",
    "Asset",
    'label_values(upheld_asset_info{instance=~"$instance", zone=~"$zone"}, asset)',
    many=False,
)
AT = 'instance=~"$instance"'
IN = f'{AT}, zone=~"$zone"'
ONE = f'{IN}, asset="$asset"'
WEEK = 7 * 86_400
ABOUT = "(group by (instance, check, severity, title) (upheld_check_info))"
MATRIX: Json = {
    "id": "groupingToMatrix",
    "options": {"columnField": "fr", "rowField": "zone", "valueField": "Value"},
}
RATIO = ((None, BAD), (0.5, WARN), (1.0, GOOD))
NONE_IS_GOOD = ((None, GOOD), (1, BAD))
CELLS: Json = {
    "matcher": {"id": "byType", "options": "number"},
    "properties": [{"id": "custom.cellOptions", "value": {"type": "color-background"}}],
}
