"""Many appliances side by side; nothing is averaged over them."""

# ruff: noqa: INP001 - a tool beside what it writes, no package
from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Dashboard
from panels import ABOUT, AT, BAD, GOOD, INSTANCE, WARN, WEEK, Panel, dashboard, hidden

CONFIRMED = f"time() - upheld_inventory_confirmed_timestamp_seconds{{{AT}}} < {WEEK}"
SEVERE = ABOUT.replace("(upheld_check_info)", '(upheld_check_info{severity=~"critical|high"})')
# Appliances without a finding are shown with a zero.
NONE = f"or on (instance) 0 * upheld_hold{{{AT}}}"

FIRST = [
    Panel(
        "bargauge", "Assets not confirmed for a week",
        "Of each appliance; everything else is worth as much as this is small.",
        ((
            (
                f"count by (instance) (upheld_asset_info{{{AT}}} "
                f"unless on (instance, zone, asset) ({CONFIRMED})) {NONE}"
            ), "{{instance}}",
        ),), "short", width=8, height=8, steps=((None, GOOD), (1, BAD)), least=0,
    ),
    Panel(
        "bargauge", "Severe failures now", "Critical and high, of each appliance.",
        ((
            (
                f'count by (instance) ((upheld_check_state{{{AT}, state="fail"}} == 1) '
                f"* on (instance, check) group_left (severity, title) {SEVERE}) {NONE}"
            ), "{{instance}}",
        ),), "short", width=8, height=8, steps=((None, GOOD), (1, BAD)), least=0,
    ),
    Panel(
        "bargauge", "Newest checkpoint", "How long ago each evidence log was last signed.",
        ((f"time() - upheld_ledger_last_checkpoint_timestamp_seconds{{{AT}}}", "{{instance}}"),),
        "s", width=8, height=8, steps=((None, GOOD), (3_600, WARN), (86_400, BAD)), least=0,
    ),
]  # fmt: skip
SECOND = [
    Panel(
        "table", "Zones with the least support",
        "The twenty cells of zone and foundational requirement that show least, over all appliances.",
        ((f"bottomk(20, upheld_zone_support_ratio{{{AT}}})", ""),), "percentunit",
        width=12, height=10, transformations=(hidden("job", "__name__"),), least=0, most=1,
    ),
    Panel(
        "table", "Appliances", "What runs where.",
        ((f"upheld_build_info{{{AT}}}", ""),), "short", width=12, height=10,
        transformations=(hidden("Value", "job", "__name__"),),
    ),
]  # fmt: skip
THIRD = [
    Panel(
        "timeseries", "Failing controls", "Of each appliance.",
        ((f'sum by (instance) (upheld_check_state{{{AT}, state="fail"}})', "{{instance}}"),),
        "short", width=8, height=8, least=0,
    ),
    Panel(
        "timeseries", "Messages waiting", "Of each appliance, for the broker and the SOCs.",
        ((f"sum by (instance) (upheld_outbox_messages{{{AT}}})", "{{instance}}"),),
        "short", width=8, height=8, least=0,
    ),
    Panel(
        "state-timeline", "Held", "1 while somebody holds an appliance.",
        ((f"upheld_hold{{{AT}}}", "{{instance}}"),), "short", width=8, height=8,
        steps=((None, GOOD), (1, WARN)),
    ),
]  # fmt: skip


def fleet() -> Dashboard:
    """Where to look first among many plants."""
    return dashboard(
        "upheld-fleet", "Upheld: fleet", "All appliances a Prometheus knows, the worst first.",
        [INSTANCE], [FIRST, SECOND, THIRD],
    )  # fmt: skip
