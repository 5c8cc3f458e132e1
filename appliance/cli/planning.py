"""`upheld plan`, `upheld verify-capture`, `upheld guard`: what is sent, shown before and after."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from appliance.cli.ending import fail, guarded
from appliance.cli.options import Directory, Format
from appliance.cli.printing import as_json
from appliance.site.loading import load
from appliance.site.scalars import ControlHost, address
from appliance.visit.plan.capture import NANOSECOND, Capture, NoCapture
from appliance.visit.plan.explaining import Explainer, Report, Unexplained, explain
from appliance.visit.plan.kernel import drop_in, kernel_guard, nft
from appliance.visit.plan.plan import plan as plan_of
from appliance.visit.plan.table import table
from appliance.visit.plan.writing import Form, written

MOST_SHOWN = 50

Also = Annotated[
    list[str] | None,
    typer.Option(help="Name a flow of this host that is no visit, as tcp/10.10.10.40:8883."),
]


class GuardForm(StrEnum):
    """The two halves of the kernel's guard."""

    NFT = "nft"
    SYSTEMD = "systemd"


def plan(
    config: Directory,
    format: Annotated[  # noqa: A002
        Form,
        typer.Option(
            help="Print a table, JSON, a list for firewalls, a page for the SOC, or a card."
        ),
    ] = Form.TABLE,
) -> None:
    """Print every connection and request of the next 24 hours, with upper bounds. Sends nothing."""
    site = guarded(lambda: load(config)).site
    planned = plan_of(site)
    if format is Form.TABLE:
        Console().print(table(planned))
    else:
        typer.echo(written(site, planned, format).rstrip("\n"))


def verify_capture(
    file: Annotated[Path, typer.Argument(help="The capture, pcap or pcapng.")],
    config: Directory,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Take this address as one of ours too, besides the vantages'."),
    ] = None,
    also: Also = None,
    format: Annotated[  # noqa: A002
        Format, typer.Option(help="Print a table for people or JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """
    Explain every packet of ours in a capture by the plan, or name it.

    Exits with 0 when everything is explained, 1 when something is not, and 2 when the file or the
    command is wrong.
    """
    site = guarded(lambda: load(config)).site
    sources = _understood(source, address)
    explainer = Explainer(site, plan_of(site), sources=sources, also=_flows(also))
    if not explainer.ours:
        fail("no vantage states its source address; say it with --source ADDRESS")
    try:
        report = guarded(lambda: explain(Capture(file), explainer))
    except NoCapture as error:
        fail(str(error))
    if format is Format.JSON:
        typer.echo(as_json(_plain(report), indent=2))
    else:
        _print(report)
    raise typer.Exit(1 if report.unexplained else 0)


def guard(
    config: Directory,
    format: Annotated[GuardForm, typer.Option(help="Print the nftables file or the drop-in.")],  # noqa: A002
    user: Annotated[
        str, typer.Option(help="The user the daemon runs as, by name or number.")
    ] = "upheld",
    also: Also = None,
) -> None:
    """
    Print the kernel's guard for this inventory: what to load, as root, on the appliance.

    In production the daemon does not start while the loaded guard is another one.
    """
    site = guarded(lambda: load(config)).site
    made = kernel_guard(site, plan_of(site), user=user, also=_swapped(_flows(also)))
    typer.echo((nft if format is GuardForm.NFT else drop_in)(made).rstrip("\n"))
    for name in made.left_out:
        typer.echo(f"not allowed, because only its name is known: {name}", err=True)
    if made.left_out:
        typer.echo("add --also tcp/ADDRESS:PORT for each of them", err=True)


def _flows(also: list[str] | None) -> list[tuple[str, str, int]]:
    hosts = _understood(also, ControlHost.parse)
    return [(host.port.transport, host.address, host.port.number) for host in hosts]


def _swapped(flows: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    return [(host, transport, port) for transport, host, port in flows]


def _understood(texts: list[str] | None, parse: Any) -> list[Any]:
    found = []
    for text in texts or ():
        try:
            found.append(parse(text))
        except ValueError as error:
            fail(f"{text}: {error}")
    return found


def _print(report: Report) -> None:
    console = Console(highlight=False)
    shown = Table(title="what devices got", title_justify="left")
    for column in ("asset", "address", "packets", "in 1 s", "a visit", "24 h", "connections"):
        shown.add_column(column, overflow="fold")
    for at, peaks in sorted(report.devices.items()):
        shown.add_row(
            peaks.asset,
            at,
            str(peaks.packets),
            f"{peaks.second} of {int(peaks.numbers.burst + peaks.numbers.packets_a_second)}",
            f"{peaks.visit} of {peaks.numbers.packets_a_sweep}",
            f"{peaks.day} of {peaks.numbers.packets_a_day}",
            f"{peaks.connections}, at most {peaks.at_once} at a time",
        )
    console.print(shown)
    kernel = ", ".join(f"{name} {count}" for name, count in sorted(report.kernel.items()))
    console.print(
        f"{report.sent} packets of ours, {report.answers} answers, {report.foreign} of others\n"
        f"{report.connections} connections, {report.resets} resets by us, "
        f"{report.judged} requests judged, {report.hidden} inside encrypted channels\n"
        f"the kernel's own: {kernel or 'none'}; to control hosts and outlets: {report.outside}"
    )
    if report.unreadable:
        console.print(f"{report.unreadable} could not be read: {report.unreadable_why}")
    for row, count in list(report.unexplained.items())[:MOST_SHOWN]:
        console.print(f"UNEXPLAINED {_line(row, count)}", markup=False)
    if (more := len(report.unexplained) - MOST_SHOWN) > 0:
        console.print(f"and {more} more; --format json shows all")
    console.print(f"{sum(report.unexplained.values())} unexplained packets")


def _line(row: Unexplained, count: int) -> str:
    times = f" ({count} times)" if count > 1 else ""
    return (
        f"{_time(row.at)} {row.kind} {row.source}:{row.sport} > {row.target}:{row.dport}: "
        f"{row.why}{times}"
    )


def _time(at: int) -> str:
    seconds, rest = divmod(at, NANOSECOND)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return f"{seconds} s"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1_000:06}Z"


def _plain(report: Report) -> dict[str, Any]:
    counts = (
        "sent", "answers", "foreign", "outside", "connections", "judged", "hidden", "resets",
        "unreadable",
    )  # fmt: skip
    return {
        **{name: getattr(report, name) for name in counts},
        "unreadable_why": report.unreadable_why,
        "kernel": dict(report.kernel),
        "devices": [
            {
                "asset": peaks.asset,
                "address": at,
                "packets": peaks.packets,
                "octets": peaks.octets,
                "connections": peaks.connections,
                "at_once": peaks.at_once,
                "most_in_1_s": peaks.second,
                "most_in_a_visit": peaks.visit,
                "most_in_24_h": peaks.day,
            }
            for at, peaks in sorted(report.devices.items())
        ],
        "unexplained": [
            {
                "at": _time(row.at),
                "kind": row.kind,
                "source": row.source,
                "source_port": row.sport,
                "target": row.target,
                "target_port": row.dport,
                "why": row.why,
                "packets": count,
            }
            for row, count in report.unexplained.items()
        ],
    }
