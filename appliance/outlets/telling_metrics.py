"""Whether telling works, and what is told, as families of the page of metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from appliance.outlets.alerts import CAP, Alert, Phase, pending
from appliance.outlets.picture import Picture
from appliance.outlets.series import family, labels


def families(picture: Picture) -> Iterable[str]:
    """Labels hold inventory ids, our outlets' names and enums only."""
    yield family(
        "upheld_alerts",
        "Open alerts by zone, who is told, and phase; held are counted and not told one by one.",
        (
            (labels(zone=zone, audience=audience, phase=phase), str(n))
            for (zone, audience, phase), n in sorted(_counted(picture).items())
        ),
    )
    links = sorted(picture.links.items())
    yield family(
        "upheld_outlet_connected",
        "Whether whoever is told can be reached now.",
        ((labels(outlet=name), str(int(link.connected))) for name, link in links),
    )
    yield family(
        "upheld_publish_refused_total",
        "Messages the peer refused since the outlet began; they are kept and tried again.",
        ((labels(outlet=name), str(link.refused)) for name, link in links),
        kind="counter",
    )
    clock = picture.clock
    yield family(
        "upheld_clock_synchronised",
        "Whether our own clock is synchronised; certificate dates are not judged while it is not.",
        [("", str(int(clock.synchronised)))] if clock else [],
    )
    error = clock.max_error_ms if clock else None
    yield family(
        "upheld_clock_max_error_seconds",
        "How far our own clock may be off at most, where the kernel can tell.",
        [("", repr(error / 1000))] if error is not None else [],
    )


def _counted(picture: Picture) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for key, alert in picture.alerts.items():
        check = picture.checks.get(key.check)
        if alert.open and check is not None:
            found[key.subject.zone, check.audience.value, _phase(alert)] += 1
    for key, standing in picture.standings:
        check = picture.checks.get(key.check)
        if pending(standing) and check is not None:
            found[key.subject.zone, check.audience.value, "pending"] += 1
    return found


def _phase(alert: Alert) -> str:
    return "held" if alert.phase is Phase.FIRING and alert.held == CAP else alert.phase.value
