"""`upheld demo`: the plant in a box, the real daemon over it, and a terminal to watch both in."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from appliance.daemon import Daemon
from appliance.demo.broker import Broker
from appliance.demo.site import write_site
from appliance.outlets import logs
from appliance.outlets.picture import Picture
from checks.facts.standing import State

WEB_PORT = 62443
DRIFT_AFTER = 20.0
DRIFTS = (("hmi-1", "opcua-anonymous-session-refused"), ("rtu-1", "firmware-approved"))
STYLES = {State.PASS: "green", State.FAIL: "bold red", State.UNKNOWN: "yellow"}


async def run_demo(seconds: float | None) -> int:
    """
    Run until Ctrl-C, or for so many seconds; then say where the drift was seen.

    Returns 0, or 1 when a run long enough for the drift did not show it everywhere.
    """
    console = Console()
    with tempfile.TemporaryDirectory(prefix="upheld-demo-") as name:
        directory = Path(name)
        async with Broker("127.0.0.1") as broker:
            write_site(
                directory / "config",
                web_port=WEB_PORT,
                mqtt=f"mqtt://127.0.0.1:{broker.port}",
                plant_directory=directory,
            )
            plant = await _plant(directory)
            try:
                return await _watched(directory, broker, console, seconds)
            finally:
                with suppress(ProcessLookupError):
                    plant.terminate()
                await plant.wait()


async def _plant(directory: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "appliance.demo.plant",
        "--directory",
        str(directory),
        "--drift-after",
        str(DRIFT_AFTER),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    while line := await process.stdout.readline():
        if b"is running" in line:
            return process
    raise RuntimeError("the plant in a box did not start")


async def _watched(directory: Path, broker: Broker, console: Console, seconds: float | None) -> int:
    with (directory / "daemon.log").open("w") as log:
        logs.configure(log)
        running = asyncio.Event()
        daemon = Daemon(directory / "config", ready=lambda _: running.set())
        task = asyncio.create_task(daemon.run())
        waiting = asyncio.create_task(running.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            with suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(_show(daemon, console), seconds)
            if not console.is_terminal:
                console.line()
            shown = await _shown(broker) if seconds and seconds > DRIFT_AFTER + 10 else {}
            daemon.stop.set()
        await task
    for where, seen in shown.items():
        console.print(f"drift {where}: {'seen' if seen else '[bold red]not seen[/]'}")
    return 0 if all(shown.values()) else 1


async def _show(daemon: Daemon, console: Console) -> None:
    with Live(console=console, refresh_per_second=2) as live:
        while not daemon.stop.is_set():
            live.update(_screen(daemon.picture()))
            await asyncio.sleep(0.5)


def _screen(picture: Picture) -> Group:
    """A row for each asset with its counts, then what fails and what nobody knows."""
    table = Table(title=f"{picture.site_name} · http://127.0.0.1:{WEB_PORT}/", title_justify="left")
    for column in ("asset", "zone", "pass", "fail", "unknown", "packets"):
        table.add_column(column)
    for asset in picture.assets:
        states = [s.state for k, s in picture.standings if k.subject.asset == asset.id]
        table.add_row(
            asset.id,
            asset.zone,
            str(states.count(State.PASS)),
            Text(str(states.count(State.FAIL)), "bold red" if State.FAIL in states else "dim"),
            str(states.count(State.UNKNOWN)),
            str(asset.packets_sent),
        )
    failing = [(k, s) for k, s in picture.standings if s.state is State.FAIL]
    lines = [
        Text(
            f"FAIL  {key}  since {standing.since:%H:%M:%S}  {standing.said}", "red", overflow="fold"
        )
        for key, standing in sorted(failing, key=lambda item: item[1].since, reverse=True)[:12]
    ]
    return Group(table, *lines)


async def _shown(broker: Broker) -> dict[str, bool]:
    """Where the drift can be seen: on the page, in the metrics, on MQTT."""
    page, metrics = await asyncio.gather(
        *(asyncio.to_thread(_get, path) for path in ("/", "/metrics"))
    )
    keys = [topic for topic in broker.retained if "/alert/" in topic]
    return {
        "on the page": all(check in page for _, check in DRIFTS),
        "in /metrics": all(
            any(
                line.startswith("upheld_check_state")
                and asset in line
                and f'check="{check}"' in line
                and 'state="fail"' in line
                and line.endswith(" 1")
                for line in metrics.splitlines()
            )
            for asset, check in DRIFTS
        ),
        "as retained MQTT state": all(
            any(
                f"/check/{check}" in topic and asset in topic and b'"fail"' in payload
                for topic, (payload, _) in broker.retained.items()
            )
            for asset, check in DRIFTS
        ),
        "as an alert": all(any(check in topic for topic in keys) for _, check in DRIFTS),
    }


def _get(path: str) -> str:
    with urlopen(f"http://127.0.0.1:{WEB_PORT}{path}", timeout=5) as answer:
        text: str = answer.read().decode()
    return text
