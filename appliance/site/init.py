"""A new configuration directory: commented, and accepted as it stands."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

from appliance.site import scalars
from appliance.site.loading import load
from appliance.site.problems import Problem, SiteError, choices, shown

COLUMNS = ("id", "type", "zone", "address", "serial", "mac")
_NEEDED = ("id", "zone", "address")
_VANTAGE_ZONE = "dmz"

_SITE = """\
# One directory is one site.  Every *.yaml below it is read: lists are joined, maps merged.
site:
  id: my-site                     # restart after changing it
  name: My plant
  timezone: UTC                   # such as Europe/Amsterdam; blackout windows are in this time

appliance:
  id: edge-1
  state_dir: /var/lib/upheld
  vantage: dmz                    # the zone this appliance stands in
  # Only an address without firewall permits can show that a conduit denies:
  # vantages:
  #   - {id: dmz, zone: dmz, source: 10.10.10.5, kind: monitor}
  #   - {id: dmz-plain, zone: dmz, source: 10.10.10.6, kind: plain}
  # control: [tcp/10.10.10.20:443]  # must answer in each run, or its silences mean nothing

# Connected to and closed without a byte, on every asset that does not declare them.
closed_ports: [tcp/21, tcp/23, tcp/80]
"""
_CONDUIT_HEAD = """\
# What the firewall between two zones lets through; everything else must be denied.
# allow: [tcp/4840, {from: eng-ws-1, to: plc-1, port: tcp/102}]
"""
_ZONE_HEAD = """\
# sl_t: the target level, one number or {fr1: 2, ..., fr7: 1}; it decides in the matrix only.
# blackout: ["Mon 06:00-08:00"]         no visits then, in the site's own time
# window: ["Mon-Fri 20:00-05:00"]       visits only then; leave it out: always
# blackout_file: /run/plant/blackout    another system writes it; any content is a blackout
"""
_ASSET_HEAD = """\
# An asset states only what differs from its type.  Nothing is visited until services are declared:
#   services:
#     - {port: tcp/4840, protocol: opcua}
#     - {port: tcp/502, protocol: modbus, unit: 1}
#     - {port: udp/161, protocol: snmp, credential: snmp-monitor}
# probing: fragile (the default), standard, robust, or never.
"""
_ZONES = f"""{_ZONE_HEAD}\
zones:
  - {{id: dmz, name: Plant DMZ, sl_t: 2}}
  - {{id: control, name: Control, sl_t: 2}}
"""
_CONDUITS = f"""{_CONDUIT_HEAD}\
conduits:
  - {{id: dmz-control, from: dmz, to: control, allow: []}}
"""
_ASSETS = f"""{_ASSET_HEAD}\
# types:
#   - {{id: s7-1515, role: plc, probing: standard, firmware: {{approved: [V2.9.7]}}}}
# assets:
#   - {{id: plc-1, type: s7-1515, zone: control, address: 10.10.20.11}}
assets: []
"""


def init(directory: Path) -> tuple[Path, ...]:
    """Write a new site; returns the files.  Raises `SiteError` where there is one already."""
    return _write(
        directory,
        {
            "site.yaml": _SITE,
            "zones.yaml": _ZONES,
            "conduits.yaml": _CONDUITS,
            "assets.yaml": _ASSETS,
        },
    )


@dataclass(frozen=True)
class _Row:
    line: int
    cells: Mapping[str, str]


def init_from_csv(csv_path: Path, directory: Path) -> tuple[Path, ...]:
    """
    Write a site for the assets of a CSV file with the columns of `COLUMNS`; returns the files.

    Raises `SiteError` naming every bad row; nothing is written then.
    """
    rows = _rows(csv_path)
    zones: dict[str, set[str]] = {_VANTAGE_ZONE: set()}
    for row in rows:
        zones.setdefault(row.cells["zone"], set()).add(_network_of(row.cells["address"]))
    return _write(
        directory,
        {
            "site.yaml": _SITE,
            "zones.yaml": _zones_text(zones),
            "conduits.yaml": _conduits_text([z for z in zones if z != _VANTAGE_ZONE]),
            "assets.yaml": _assets_text(rows),
        },
    )


def _write(directory: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    if directory.is_dir() and (there := sorted(directory.rglob("*.yaml"))):
        what = f"a site already ({there[0].relative_to(directory)})"
        raise SiteError([Problem(str(directory), 0, what, "another directory")])
    with tempfile.TemporaryDirectory() as trial:
        for name, text in texts.items():
            (Path(trial) / name).write_text(text, encoding="utf-8")
        load(Path(trial))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"a place that cannot be written ({error.strerror})"
        raise SiteError([Problem(str(directory), 0, what, "another directory")]) from None
    return tuple(directory / name for name in texts)


def _rows(path: Path) -> list[_Row]:
    name = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        what = f"a file that cannot be read ({error.strerror})"
        raise SiteError([Problem(str(path), 0, what, "a CSV file")]) from None
    except UnicodeDecodeError:
        raise SiteError([Problem(name, 0, "bytes that are not UTF-8", "it as UTF-8")]) from None
    head = text.partition("\n")[0]
    # Office programs write semicolons where the comma is the decimal sign.
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in head else ",")
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        what = f"what is no CSV: {error}"
        raise SiteError([Problem(name, reader.line_num, what, "valid CSV there")]) from None
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if not lines:
        raise SiteError([Problem(name, 0, "no rows", f"a first line {','.join(COLUMNS)}")])
    header = [cell.lower() for cell in lines[0][1]]
    problems = list(_header_problems(name, lines[0][0], header))
    if problems:
        raise SiteError(problems)
    rows = []
    for number, cells in lines[1:]:
        if len(cells) > len(header):
            what = f"{len(cells)} cells for {len(header)} columns"
            problems.append(Problem(name, number, what, "one cell a column"))
        padded = [*cells, *[""] * (len(header) - len(cells))]
        rows.append(
            _Row(number, dict.fromkeys(COLUMNS, "") | dict(zip(header, padded, strict=False)))
        )
    problems += [p for row in rows for p in _row_problems(name, row)] + _twice(name, rows)
    if not rows:
        problems.append(Problem(name, 0, "no rows below the first line", "one row an asset"))
    if problems:
        raise SiteError(problems)
    return rows


def _header_problems(name: str, line: int, header: list[str]) -> list[Problem]:
    missing = [c for c in _NEEDED if c not in header]
    unknown = [c for c in header if c not in COLUMNS]
    twice = sorted({c for c in header if header.count(c) > 1})
    return [
        *(Problem(name, line, f"no column `{c}`", f"{','.join(COLUMNS)}") for c in missing),
        *(Problem(name, line, f"unknown column {shown(c)}", choices(c, COLUMNS)) for c in unknown),
        *(Problem(name, line, f"column `{c}` twice", "it once") for c in twice),
    ]


def _row_problems(name: str, row: _Row) -> list[Problem]:
    readers = {
        "id": scalars.name,
        "zone": scalars.name,
        "type": scalars.name,
        "address": scalars.address,
        "mac": scalars.mac,
    }
    problems = []
    for column, reader in readers.items():
        value = row.cells[column]
        if not value and column not in _NEEDED:
            continue
        try:
            reader(value)
        except ValueError as error:
            said = str(error).removeprefix("write ")
            problems.append(Problem(name, row.line, f"{column}: {shown(value)}", said))
    if not row.cells["serial"].isprintable():
        problems.append(Problem(name, row.line, "serial: a control character", "printable text"))
    return problems


def _twice(name: str, rows: list[_Row]) -> list[Problem]:
    problems = []
    for column in ("id", "address"):
        first: dict[str, int] = {}
        for row in rows:
            value = row.cells[column]
            if value and first.setdefault(value, row.line) != row.line:
                what = f"{column} {shown(value)} a second time (first in line {first[value]})"
                problems.append(Problem(name, row.line, what, f"another {column}"))
    return problems


def _network_of(address: str) -> str:
    prefix = 24 if ip_address(address).version == 4 else 64
    return str(ip_network(f"{address}/{prefix}", strict=False))


def _zones_text(zones: Mapping[str, set[str]]) -> str:
    head = f"{_ZONE_HEAD}# networks: proposed from the addresses; check them against your drawings.\nzones:\n"
    return head + "".join(
        f"  - {{id: {quoted(zone)}, networks: [{', '.join(quoted(n) for n in sorted(nets))}], sl_t: 2}}\n"
        for zone, nets in zones.items()
    )


def _conduits_text(zones: list[str]) -> str:
    if not zones:
        return f"{_CONDUIT_HEAD}conduits: []\n"
    return f"{_CONDUIT_HEAD}conduits:\n" + "".join(
        f"  - {{id: {quoted(f'{_VANTAGE_ZONE}-{z}'[:63])}, from: {_VANTAGE_ZONE}, to: {quoted(z)}, allow: []}}\n"
        for z in zones
    )


def _assets_text(rows: list[_Row]) -> str:
    types = sorted({row.cells["type"] for row in rows} - {""})
    text = _ASSET_HEAD
    if types:
        text += "types:\n" + "".join(f"  - {{id: {quoted(t)}, probing: fragile}}\n" for t in types)
    text += "assets:\n"
    for row in rows:
        cells = row.cells
        text += f"  - id: {quoted(cells['id'])}\n"
        text += f"    type: {quoted(cells['type'])}\n" if cells["type"] else ""
        text += f"    zone: {quoted(cells['zone'])}\n    address: {quoted(cells['address'])}\n"
        known = [f"{k}: {quoted(cells[k])}" for k in ("serial", "mac") if cells[k]]
        text += f"    identity: {{{', '.join(known)}}}\n" if known else ""
    return text


def quoted(text: str) -> str:
    """A text as YAML reads it back, whatever it holds."""
    return "'" + text.replace("'", "''") + "'"
