"""A month of a plant's life as whoever reads the SOC's screen has it; `make endure` runs more plants."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from appliance.judge.standing import aged, stand
from appliance.outlets.teller import Change, Teller, for_soc
from appliance.site.model import Site
from checks import BY_ID
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason, RestsOn, Verdict, failed, inconclusive, passed

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS = 30
PLANTS = 20 if os.environ.get("UPHELD_ENDURE") else 1
ASSETS = 200
SEGMENTS = 4

PRESENT, LISTED, STRANGE = (
    "inventory-device-present", "port-expected-present", "port-unexpected-absent",
)  # fmt: skip
FIRMWARE, DATES, PLAIN = "firmware-approved", "opcua-cert-valid", "cleartext-service-absent"
CHECKS = (PRESENT, LISTED, STRANGE, FIRMWARE, DATES, PLAIN)
GOOD = passed("So.")
MISSING = failed(Reason.MISSING, "Silent.", rests_on=RestsOn.SILENCE)
BEHIND = inconclusive(Reason.GATEWAY_SILENT, "The gateway is silent.")
GAP = inconclusive(Reason.TIMEOUT, "No answer.")
ZONE_SILENT = failed(Reason.MISSING, "Most are silent.", rests_on=RestsOn.SILENCE)


def site(assets: int) -> Site:
    zones = [{"id": f"cell-{z}", "responsible": "operations"} for z in range(SEGMENTS)]
    found = [
        {"id": f"gw-{z}", "zone": f"cell-{z}", "address": f"10.0.{z}.1", "role": "gateway"}
        for z in range(SEGMENTS)
    ] + [
        {
            "id": f"plc-{n}",
            "zone": f"cell-{n % SEGMENTS}",
            "address": f"10.1.{n // 200}.{n % 200 + 1}",
            "behind": f"gw-{n % SEGMENTS}",
        }
        for n in range(assets)
    ]
    return Site.model_validate(
        {
            "site": {"id": "bench"},
            "appliance": {"id": "edge", "vantage": "cell-0"},
            "zones": zones,
            "assets": found,
            "outlets": {"soc": [{"address": "udp://127.0.0.1:514"}]},
        }
    )


@dataclass
class Plant:
    """Visits every asset every hour at its own minute, and judges as the appliance does."""

    dice: random.Random
    assets: int = ASSETS
    faults: dict[tuple[str, str], list[tuple[datetime, datetime, Verdict]]] = field(
        default_factory=dict
    )
    silent: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    glitch: float = 0.0
    standings: dict[StateKey, Standing] = field(default_factory=dict)
    told: list[tuple[datetime, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site = site(self.assets)
        self.teller = Teller(self.site)
        self.minute = {a.id: self.dice.randrange(60) for a in self.site.assets}
        self.looks: dict[str, bool] = {}
        self.lost: dict[str, set[str]] = {z.id: set() for z in self.site.zones}
        self.known: Counter[str] = Counter()

    def fault(self, asset: str, check: str, begin: datetime, hours: float, said: Verdict) -> None:
        end = begin + timedelta(hours=hours)
        self.faults.setdefault((asset, check), []).append((begin, end, said))

    def live(self, days: float) -> None:
        order = sorted(self.site.assets, key=lambda a: self.minute[a.id])
        for hour in range(int(days * 24)):
            for n, asset in enumerate(order):
                at = START + hour * HOUR + timedelta(minutes=self.minute[asset.id])
                self._visit(asset, at, f"{hour}.{n}")
            self._keep_house(START + (hour + 1) * HOUR)

    def _visit(self, asset, at, visit):
        up = not any(a <= at < b for a, b in self.silent.get(asset.id, ()))
        if self.glitch and self.dice.random() < self.glitch:
            up = False
        self.known[asset.zone] += asset.id not in self.looks
        self.looks[asset.id] = up
        (self.lost[asset.zone].discard if up else self.lost[asset.zone].add)(asset.id)
        gateway_up = self.looks.get(asset.behind, True) if asset.behind else True
        found = []
        for check in CHECKS:
            key = StateKey(Subject("asset", zone=asset.zone, asset=asset.id), check)
            found.append((key, self._verdict(asset.id, check, at, up, gateway_up)))
        zone = StateKey(Subject("zone", zone=asset.zone), "zone-answers")
        lost, known = len(self.lost[asset.zone]), self.known[asset.zone]
        whole = known > 3 and lost >= 3 and 2 * lost >= known
        found.append((zone, ZONE_SILENT if whole else GOOD))
        self._judged(found, at, visit)

    def _verdict(self, asset, check, at, up, gateway_up):
        if not up:
            if not gateway_up:
                return BEHIND
            return MISSING if check in (PRESENT, LISTED) else GAP
        for begin, end, said in self.faults.get((asset, check), ()):
            if begin <= at < end:
                return said
        return GOOD

    def _judged(self, found, at, visit):
        changes = []
        for key, verdict in found:
            before = self.standings.get(key)
            if before and verdict is GOOD and before.state is State.PASS and not before.awaiting:
                # As `stand` would, in a tenth of the time.
                object.__setattr__(before, "supported", at)
                continue
            after = stand(before, verdict, at=at, visit=visit, interval_seconds=3600)
            if before is None or (before.state, before.reason) != (after.state, after.reason):
                changes.append(Change(key, before, after))
            self.standings[key] = after
        if changes:
            before_all = self.standings | {c.key: c.before for c in changes if c.before}
            self._sent(self.teller.changes(changes, before_all, entry=1, at=at), at)

    def _keep_house(self, at):
        older = {k: new for k, s in self.standings.items() if (new := aged(s, at)) is not None}
        changes = [Change(k, self.standings[k], s) for k, s in older.items()]
        if changes:
            self._sent(self.teller.changes(changes, self.standings, entry=1, at=at), at)
            self.standings |= older
        self._sent(self.teller.due(self.standings, entry=1, at=at), at)

    def _sent(self, telling, at):
        self.teller.written(telling)
        for message in telling.messages:
            self.told.append((at, message.body.decode()))

    def heard(self) -> Counter[str]:
        return Counter(re.match(r"(?:[^|]*\|){4}([^|]*)", body)[1] for _, body in self.told)


def month(seed: int) -> Plant:
    """What happens to 200 assets in an ordinary month, generously."""
    dice = random.Random(seed)
    plant = Plant(dice, glitch=0.002)
    names = [f"plc-{n}" for n in range(ASSETS)]

    def some_time():
        return START + DAY + dice.random() * (DAYS - 3) * DAY

    for name in dice.sample(names, 60):  # switched off for a shift, moved, restarted
        begin = some_time()
        plant.silent.setdefault(name, []).append((begin, begin + dice.uniform(0.3, 30) * HOUR))
    for name in dice.sample(names, 30):  # certificates that end soon, settings that are not right
        plant.fault(name, DATES, some_time(), 200, failed(Reason.CERTIFICATE_DATES, "Ends soon."))
    for name in dice.sample(names, 10):
        plant.fault(name, PLAIN, some_time(), 100, failed(Reason.UNPROTECTED, "Telnet."))
    for name in dice.sample(names, 6):  # a service laptop, a web server left on
        plant.fault(name, STRANGE, some_time(), 8, failed(Reason.UNEXPECTED_OPEN, "tcp/8080."))
    for name in dice.sample(names, 4):  # an update nobody put on the list yet
        plant.fault(name, FIRMWARE, some_time(), 72, failed(Reason.NOT_APPROVED, "V3.1."))
    for name in dice.sample(names, 2):  # a port that comes and goes for three days
        begin = some_time()
        for n in range(36):
            at = begin + 2 * n * HOUR
            plant.fault(name, STRANGE, at, 1, failed(Reason.UNEXPECTED_OPEN, "tcp/5900."))
    begin = some_time()  # the switch of a segment is replaced
    for n in range(1, ASSETS, SEGMENTS):
        plant.silent.setdefault(f"plc-{n}", []).append((begin, begin + 3 * HOUR))
    plant.silent.setdefault("gw-1", []).append((begin, begin + 3 * HOUR))
    plant.live(DAYS)
    return plant


def test_an_ordinary_month_is_at_most_one_message_per_hundred_assets_and_day(capsys):
    for seed in range(PLANTS):
        plant = month(seed)
        a_day = Counter(at.date() for at, _ in plant.told)
        ratio = len(plant.told) / (ASSETS / 100 * DAYS)
        if os.environ.get("UPHELD_ENDURE"):
            with capsys.disabled():
                print(  # noqa: T201 - what was counted is what endure is for
                    f"plant {seed}: {len(plant.told)} messages, {ratio:.2f} per 100 assets and "
                    f"day, {max(a_day.values())} on the worst day, {dict(plant.heard())}"
                )

        assert ratio <= 1
        # It is no silence: what the SOC has to know of was told.
        assert plant.heard()["control.fail"] >= 8
        _every_end_had_its_beginning(plant)


def test_a_gateway_outage_with_two_hundred_assets_behind_it_is_one_message_a_segment():
    plant = Plant(random.Random(7))
    # One alert per segment is open when it happens, and all of them are hidden.
    for n in range(SEGMENTS):
        plant.fault(f"plc-{n}", STRANGE, START, 999, failed(Reason.UNEXPECTED_OPEN, "tcp/8080."))
    begin = START + 4 * HOUR
    for asset in plant.site.assets:
        plant.silent[asset.id] = [(begin, START + 3 * DAY)]
    plant.live(2)
    during = [body for at, body in plant.told if at >= begin]
    a_segment = Counter(re.search(r"cs3=(\S+)", body)[1] for body in during)

    assert len(plant.told) - len(during) == SEGMENTS
    assert a_segment == {f"cell-{z}": 1 for z in range(SEGMENTS)}, during


def test_a_gateway_that_is_out_alone_is_at_most_one_summary():
    plant = Plant(random.Random(8))
    behind = [a.id for a in plant.site.assets if a.behind == "gw-2"]
    for name in behind[:3]:
        plant.fault(name, STRANGE, START, 999, failed(Reason.UNEXPECTED_OPEN, "tcp/8080."))
    begin = START + 4 * HOUR
    for name in ("gw-2", *behind[:20]):
        plant.silent[name] = [(begin, begin + 20 * HOUR)]
    plant.live(2)
    heard = Counter(re.search(r"act=(\w+)", body)[1] for _, body in plant.told)

    assert heard == {"firing": 3, "summary": 1}
    (more,) = [body for _, body in plant.told if "control.more" in body]
    assert "3 alerts in zone cell-2 stand as they were told" in more
    assert "gw-2.inventory-device-present" in more


def _every_end_had_its_beginning(plant):
    out: set[str] = set()
    for _, body in plant.told:
        key, act = re.search(r"cs4=(\S+)", body)[1], re.search(r" act=(\w+)", body)[1]
        if act == "firing":
            assert key not in out
            out.add(key)
        elif act == "resolved":
            out.remove(key)
    rows = plant.teller.book.rows.items()
    still = {str(k) for k, row in rows if row.told and for_soc(BY_ID[k.check])}
    assert out == still
    failing = {k for k, s in plant.standings.items() if s.state is State.FAIL}
    assert {k for k, row in rows if row.open} >= failing
