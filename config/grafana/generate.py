"""Writes the dashboards: `python config/grafana/generate.py`; a test compares what is committed."""

# ruff: noqa: INP001 - a tool beside what it writes, no package
from __future__ import annotations

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

HERE = Path(__file__).parent
# Runnable from anywhere, without a package around it.
sys.path.insert(0, str(HERE))

from fleet import NONE, fleet  # noqa: E402
from panels import (  # noqa: E402
    ABOUT,
    ASSET,
    AT,
    BAD,
    CELLS,
    GOOD,
    IN,
    INSTANCE,
    MATRIX,
    NONE_IS_GOOD,
    ONE,
    PLAIN,
    RATIO,
    WARN,
    WEEK,
    ZONE,
    Panel,
    dashboard,
    hidden,
    to_asset,
    to_check,
)  # fmt: skip

# A plant in which none of it has happened has no such series; every other metric is always there.
AFTER_AN_EVENT = {
    "upheld_guard": "a hold, a stop, an open breaker or an asset that may have suffered from us",
    "upheld_refused_total": "the guard stopped a request",
}
PLANT_INVENTORY = [
    Panel(
        "stat", "Assets not confirmed for a week",
        "Assets no check has shown for a week to be there and to be what the inventory says. "
        "Everything below is worth as much as this is small.",
        ((
            (f"count(upheld_asset_info{{{IN}}} unless on (instance, zone, asset) "
            f"(time() - upheld_inventory_confirmed_timestamp_seconds{{{IN}}} < {WEEK})) "
            "or vector(0)"), "",
        ),), "short", steps=NONE_IS_GOOD,
    ),
    Panel(
        "bargauge", "Longest unconfirmed",
        "How long ago each asset was last confirmed; those never confirmed count above only.",
        ((
            f"topk(10, time() - upheld_inventory_confirmed_timestamp_seconds{{{IN}}})",
            "{{zone}} {{asset}}",
        ),), "s", width=10, steps=((None, GOOD), (86_400, WARN), (WEEK, BAD)), least=0,
    ),
    Panel(
        "stat", "Assets that answered nothing",
        "Assets that were silent in their last visit.",
        ((f"count(upheld_asset_up{{{IN}}} == 0) or vector(0)", ""),), "short",
        width=4, steps=NONE_IS_GOOD,
    ),
    Panel(
        "stat", "Held", "1 while somebody holds the appliance: nothing is sent to devices.",
        ((f"max(upheld_hold{{{AT}}})", ""),), "short", width=4, steps=((None, GOOD), (1, WARN)),
    ),
]  # fmt: skip
PLANT_MATRIX = [
    Panel(
        "table", "Support by zone and foundational requirement",
        "Requirements supported, of those the zone's target level selects. Supported means: "
        "every asset in scope shows it at work. It is no level reached, and zones are never averaged.",
        ((f"min by (zone, fr) (upheld_zone_support_ratio{{{IN}}})", ""),), "percentunit",
        width=12, height=8, steps=RATIO, transformations=(MATRIX,), overrides=(CELLS,),
        least=0, most=1,
    ),
    Panel(
        "table", "Coverage by zone and foundational requirement",
        "Requirements with direct evidence in date, good or bad, of those selected. The rest "
        "nobody can say anything about.",
        ((f"min by (zone, fr) (upheld_zone_coverage_ratio{{{IN}}})", ""),), "percentunit",
        width=12, height=8, steps=RATIO, transformations=(MATRIX,), overrides=(CELLS,),
        least=0, most=1,
    ),
]  # fmt: skip
PLANT_FAILING = [
    Panel(
        "table", "Failing now",
        "Each control that does not hold, on what, and how severe. The links lead to what was seen.",
        ((
            (f'(upheld_check_state{{{AT}, zone=~"$zone|", state="fail"}} == 1) '
            f"* on (instance, check) group_left (severity, title) {ABOUT}"), "",
        ),), "short", width=24, height=10,
        transformations=(hidden("Value", "state", "job", "__name__"),),
        links=(to_asset(), to_check()),
    ),
]  # fmt: skip
PLANT_COURSE = [
    Panel(
        "timeseries", "Controls by state",
        "All controls of the chosen zones; unknown is neither good nor bad.",
        ((f"sum by (state) (upheld_check_state{{{IN}}})", "{{state}}"),), "short",
        width=12, height=8, least=0,
    ),
    Panel(
        "timeseries", "Failing by zone", "How many controls fail in each zone.",
        ((f'sum by (zone) (upheld_check_state{{{IN}, state="fail"}})', "{{zone}}"),),
        "short", width=12, height=8, least=0,
    ),
]  # fmt: skip


def plant() -> Dashboard:
    """What must be seen first stands first: whether we still know what is there."""
    return dashboard(
        "upheld-plant", "Upheld: plant",
        "Whether the controls of IEC 62443 built in this plant still hold.",
        [INSTANCE, ZONE], [PLANT_INVENTORY, PLANT_MATRIX, PLANT_FAILING, PLANT_COURSE],
    )  # fmt: skip


ASSET_WHAT = [
    Panel(
        "table", "What it is", "As the inventory has it.",
        ((f"upheld_asset_info{{{ONE}}}", ""),), "short", width=12, height=4,
        transformations=(hidden("Value", "job", "__name__"),), links=(to_asset(),),
    ),
    Panel(
        "stat", "Last confirmed",
        "How long ago a check showed that it is there and is what the inventory says.",
        ((f"time() - upheld_inventory_confirmed_timestamp_seconds{{{ONE}}}", ""),), "s",
        height=4, steps=((None, GOOD), (86_400, WARN), (WEEK, BAD)),
    ),
    Panel(
        "stat", "First certificate ends in", "Of all its services; negative: it has ended.",
        ((
            f"min(upheld_certificate_not_after_timestamp_seconds{{{ONE}}}) - time()", "",
        ),), "s", height=4, steps=((None, BAD), (5 * 86_400, WARN), (20 * 86_400, GOOD)),
    ),
]  # fmt: skip
ASSET_STANDS = [
    Panel(
        "table", "Controls", "The state each control is in now, and how severe a failure is.",
        ((
            (f"(upheld_check_state{{{ONE}}} == 1) "
            f"* on (instance, check) group_left (severity, title) {ABOUT}"), "",
        ),), "short", width=14, height=10,
        transformations=(hidden("Value", "job", "__name__", "instance", "zone", "asset"),),
        links=(to_check(),),
    ),
    Panel(
        "bargauge", "Time since the last verdict",
        "Of any kind, also an inconclusive one.",
        ((
            f"time() - upheld_check_last_evaluated_timestamp_seconds{{{ONE}}}",
            "{{service}} {{check}}",
        ),), "s", width=10, height=10, least=0,
    ),
]  # fmt: skip
ASSET_COURSE = [
    Panel(
        "state-timeline", "States over time", "1 while a control fails or nobody knows.",
        ((
            f'upheld_check_state{{{ONE}, state=~"fail|unknown"}}',
            "{{service}} {{check}} {{state}}",
        ),), "short", width=24, height=8, steps=((None, PLAIN), (1, BAD)),
    ),
]  # fmt: skip
ASSET_OURS = [
    Panel(
        "timeseries", "Answered in its last visit", "1 while it answers.",
        ((f"upheld_asset_up{{{ONE}}}", "{{asset}}"),), "short", least=0, most=1,
    ),
    Panel(
        "timeseries", "Length of a visit", "A device that gets slower shows here first.",
        ((f"upheld_visit_duration_seconds{{{ONE}}}", "{{asset}}"),), "s", least=0,
    ),
    Panel(
        "timeseries", "Packets sent to it in an hour", "All we sent; the account is on its page.",
        ((f'increase(upheld_packets_sent_total{{{AT}, asset="$asset"}}[1h])', "{{asset}}"),),
        "short", least=0,
    ),
    Panel(
        "gauge", "Packet budget used", "What is left out when it is spent is inconclusive.",
        ((f'max(upheld_packet_budget_used_ratio{{{AT}, asset="$asset"}})', ""),),
        "percentunit", steps=((None, GOOD), (0.7, WARN), (0.9, BAD)), least=0, most=1,
    ),
]  # fmt: skip


def asset() -> Dashboard:
    """One asset: what it is, what stands, what we did to it."""
    return dashboard(
        "upheld-asset", "Upheld: asset", "One asset: what stands, since when, and what we sent it.",
        [INSTANCE, ZONE, ASSET], [ASSET_WHAT, ASSET_STANDS, ASSET_COURSE, ASSET_OURS],
    )  # fmt: skip


EVIDENCE_LEDGER = [
    Panel(
        "stat", "Newest checkpoint", "How long ago the head of the log was last signed.",
        ((f"time() - upheld_ledger_last_checkpoint_timestamp_seconds{{{AT}}}", "{{instance}}"),),
        "s", steps=((None, GOOD), (3_600, WARN), (86_400, BAD)),
    ),
    Panel(
        "stat", "Newest verdict", "How long ago any check gave a verdict on anything.",
        ((
            ("time() - max by (instance) "
            f"(upheld_check_last_evaluated_timestamp_seconds{{{AT}}})"), "{{instance}}",
        ),), "s", steps=((None, GOOD), (3_600, WARN), (21_600, BAD)),
    ),
    Panel(
        "timeseries", "Entries in the ledger", "It only ever grows.",
        ((f"upheld_ledger_size{{{AT}}}", "{{instance}}"),), "short",
    ),
    Panel(
        "timeseries", "Entries written in an hour", "A flat zero while nobody holds it is a fault.",
        ((f"delta(upheld_ledger_size{{{AT}}}[1h])", "{{instance}}"),), "short", least=0,
    ),
]  # fmt: skip
EVIDENCE_TELLING = [
    Panel(
        "timeseries", "Messages waiting", "For the broker and each SOC; nothing of it is lost.",
        ((f"upheld_outbox_messages{{{AT}}}", "{{instance}} {{outlet}}"),), "short",
        width=12, least=0,
    ),
    Panel(
        "timeseries", "Longest wait of a due visit", "Over the last minute.",
        ((f"upheld_visit_lateness_seconds{{{AT}}}", "{{instance}}"),), "s", width=12, least=0,
    ),
]  # fmt: skip
EVIDENCE_GUARD = [
    Panel(
        "stat", "Held", "1 while somebody holds it: nothing is sent to devices.",
        ((f"upheld_hold{{{AT}}}", "{{instance}}"),), "short", steps=((None, GOOD), (1, WARN)),
    ),
    Panel(
        "stat", "Last configuration accepted", "0: it goes on with the one before.",
        ((f"upheld_config_last_reload_successful{{{AT}}}", "{{instance}}"),), "short",
        steps=((None, BAD), (1, GOOD)),
    ),
    Panel(
        "timeseries", "Requests the guard stopped", "By reason, in an hour; a fault is our own.",
        ((
            # A zero where nothing was ever stopped, so that an empty panel means no data at all.
            f"sum by (instance, reason) (increase(upheld_refused_total{{{AT}}}[1h])) {NONE}",
            "{{instance}} {{reason}}",
        ),), "short", least=0,
    ),
    Panel(
        "table", "Versions", "What runs where.",
        ((f"upheld_build_info{{{AT}}}", ""),), "short",
        transformations=(hidden("Value", "job", "__name__"),),
    ),
]  # fmt: skip


def evidence() -> Dashboard:
    """Whether the evidence grows and is signed, and whether the appliance itself is well."""
    return dashboard(
        "upheld-evidence", "Upheld: evidence and appliance",
        "Whether evidence is written, signed and told, and whether the appliance is well.",
        [INSTANCE], [EVIDENCE_LEDGER, EVIDENCE_TELLING, EVIDENCE_GUARD],
    )  # fmt: skip


def written() -> dict[str, str]:
    """File names and their contents."""
    boards = {"plant": plant(), "asset": asset(), "evidence": evidence(), "fleet": fleet()}
    return {
        f"{name}.json": json.dumps(b, cls=JSONEncoder, indent=1) + "\n"
        for name, b in boards.items()
    }


if __name__ == "__main__":
    for name, text in written().items():
        (HERE / "dashboards" / name).write_text(text, encoding="utf-8")
