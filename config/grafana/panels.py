"""Panels and dashboards in Grafana's classic JSON, out of short rows, by Grafana's own builders."""

# ruff: noqa: INP001 - a tool beside what it writes, no package
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    gauge,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as ways
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as asked

SOURCE = ways.DataSourceRef("prometheus", "${datasource}")
# Never red and green alone: the order of lightness tells the same.
GOOD, WARN, BAD, PLAIN = "#1f78b4", "#ffb000", "#b2182b", "text"
WIDTH = 24
PAGE = "http://127.0.0.1:62443"

Override = tuple[model.MatcherConfig, list[model.DynamicConfigValue]]


def _newest() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def _legend() -> common.VizLegendOptions:
    below = common.VizLegendOptions().placement(ways.LegendPlacement.BOTTOM)
    return below.display_mode(ways.LegendDisplayMode.LIST).show_legend(True)


_KINDS: dict[str, Callable[[], Any]] = {
    "stat": lambda: (
        stat.Panel()
        .reduce_options(_newest())
        .color_mode(ways.BigValueColorMode.VALUE)
        .graph_mode(ways.BigValueGraphMode.NONE)
    ),
    "bargauge": lambda: (
        bargauge.Panel()
        .reduce_options(_newest())
        .orientation(ways.VizOrientation.HORIZONTAL)
        .display_mode(ways.BarGaugeDisplayMode.BASIC)
    ),
    "gauge": lambda: gauge.Panel().reduce_options(_newest()),
    "table": lambda: table.Panel().show_header(True).cell_height(ways.TableCellHeight.SM),
    "timeseries": lambda: timeseries.Panel().legend(_legend()),
    "state-timeline": lambda: (
        statetimeline.Panel().show_value(ways.VisibilityMode.AUTO).merge_values(True)
    ),
}


@dataclass(frozen=True)
class Panel:
    """
    One panel; `queries` are (PromQL, legend).  `steps` are (from, colour), the first from None.

    What is no line over time takes the newest values only.
    """

    kind: str
    title: str
    description: str
    queries: tuple[tuple[str, str], ...]
    unit: str
    width: int = 6
    height: int = 6
    steps: tuple[tuple[float | None, str], ...] = ((None, PLAIN),)
    transformations: tuple[model.DataTransformerConfig, ...] = ()
    overrides: tuple[Override, ...] = ()
    links: tuple[build.DashboardLink, ...] = ()
    least: float | None = None
    most: float | None = None

    def built(self, number: int, x: int, y: int) -> Any:
        """Grafana's builder of it, as the panel of that number at that place."""
        lines = self.kind == "timeseries"
        mode = (
            model.FieldColorModeId.PALETTE_CLASSIC if lines else model.FieldColorModeId.THRESHOLDS
        )
        steps = [model.Threshold(value, colour) for value, colour in self.steps]
        panel = (
            _KINDS[self.kind]()
            .id(number)
            .title(self.title)
            .description(self.description)
            .datasource(SOURCE)
            .grid_pos(model.GridPos(h=self.height, w=self.width, x=x, y=y))
            .unit(self.unit)
            .color_scheme(build.FieldColor().mode(mode))
            .thresholds(build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))
            .targets([self._target(n, *query) for n, query in enumerate(self.queries)])
        )
        for matcher, properties in self.overrides:
            panel.with_override(matcher, properties)
        if self.transformations:
            panel.transformations(list(self.transformations))
        if self.links:
            panel.data_links(list(self.links))
        if self.least is not None:
            panel.min(self.least)
        if self.most is not None:
            panel.max(self.most)
        return panel

    def _target(self, n: int, expression: str, legend: str) -> prometheus.Dataquery:
        rows = asked.PromQueryFormat.TABLE, asked.PromQueryFormat.TIME_SERIES
        query = (
            prometheus.Dataquery()
            .ref_id(chr(ord("A") + n))
            .datasource(SOURCE)
            .editor_mode(asked.QueryEditorMode.CODE)
            .expr(expression)
            .legend_format(legend)
            .format(rows[self.kind != "table"])
        )
        newest = self.kind in ("table", "stat", "bargauge", "gauge")
        return query.instant() if newest else query.range()


def variable(name: str, label: str, query: str, *, many: bool = True) -> build.QueryVariable:
    """One that Prometheus fills."""
    filled = (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"query": query, "refId": f"variable-{name}"})
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .include_all(many)
        .multi(many)
    )
    if many:
        filled.all_value(".*").current(model.VariableOption(text="All", value="$__all"))
    return filled


def dashboard(
    uid: str, title: str, description: str, variables: list[Any], rows: list[list[Panel]]
) -> model.Dashboard:
    """`rows` are laid out one below the other, each from the left; panels are numbered from 1."""
    board = (
        build.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["upheld", "iec62443"])
        .version(1)
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .refresh("1m")
        .time("now-7d", "now")
        .timezone("browser")
        .variables([_source(), *variables, _page()])
        .links([_others(), build.DashboardLink("Status page").url("$page").target_blank(True)])
    )
    number = y = 0
    for row in rows:
        x = 0
        for panel in row:
            number += 1
            board.with_panel(panel.built(number, x, y))
            x += panel.width
        assert x <= WIDTH, f"{title}: a row is {x} wide, write panels of {WIDTH} in all"
        y += max(panel.height for panel in row)
    return board.build()


def _source() -> build.DatasourceVariable:
    return build.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def _page() -> build.TextBoxVariable:
    """Where the appliance's own page is, for the links."""
    there = model.VariableOption(text=PAGE, value=PAGE)
    return build.TextBoxVariable("page").label("Status page").default_value(PAGE).current(there)


def _others() -> build.DashboardLink:
    return (
        build.DashboardLink("Upheld")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags(["upheld"])
        .as_dropdown(True)
        .keep_time(True)
        .include_vars(True)
    )


def hidden(*names: str) -> model.DataTransformerConfig:
    """Columns a reader of a table does not need."""
    out = dict.fromkeys(("Time", *names), True)
    return model.DataTransformerConfig(
        id_val="organize", options={"excludeByName": out, "renameByName": {}}
    )


def to_asset() -> build.DashboardLink:
    """The asset's page, from a row of a table."""
    link = build.DashboardLink("What was seen and sent").target_blank(True)
    return link.url("${page}/assets/${__data.fields.asset}")


def to_check() -> build.DashboardLink:
    """The check's page, from a row of a table."""
    link = build.DashboardLink("What the check asks").target_blank(True)
    return link.url("${page}/checks/${__data.fields.check}")


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
MATRIX = model.DataTransformerConfig(
    id_val="groupingToMatrix",
    options={"columnField": "fr", "rowField": "zone", "valueField": "Value"},
)
RATIO = ((None, BAD), (0.5, WARN), (1.0, GOOD))
NONE_IS_GOOD = ((None, GOOD), (1, BAD))
CELLS: Override = (
    model.MatcherConfig("byType", "number"),
    [model.DynamicConfigValue("custom.cellOptions", {"type": "color-background"})],
)
