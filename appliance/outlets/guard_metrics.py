"""What the guard holds back, and what devices got, as families of the page of metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from appliance.outlets.picture import AssetPicture, Picture
from appliance.outlets.series import family, labels


def families(picture: Picture) -> Iterable[str]:
    """Labels hold inventory ids and enums only; a device's or a person's words stay on the page."""
    assets = picture.assets
    yield family(
        "upheld_guard",
        "1 for each reason why less is asked than planned; person says whether it waits for one.",
        sorted(
            {
                (
                    labels(
                        kind=one.kind,
                        zone=one.zone,
                        asset=one.asset,
                        credential=one.credential,
                        person="yes" if one.person else "no",
                    ),
                    "1",
                )
                for one in picture.in_the_way
            }
        ),
    )
    yield family(
        "upheld_trust_level",
        "1 for how far an asset is trusted: planned, canary, supervised or active.",
        ((labels(zone=a.zone, asset=a.id, level=a.level), "1") for a in assets if a.level),
    )
    for name, says, count in _COUNTED:
        rows = ((labels(asset=a.id), str(count(a))) for a in assets)
        yield family(name, says, rows, kind="counter")
    yield family(
        "upheld_connect_usual_seconds",
        "How long an asset usually takes to answer a connection.",
        ((labels(asset=a.id), repr(a.usual_us / 1e6)) for a in assets if a.usual_us is not None),
    )


_COUNTED: tuple[tuple[str, str, Callable[[AssetPicture], int]], ...] = (
    (
        "upheld_octets_sent_total",
        "Octets of payload sent to an asset since the appliance started.",
        lambda a: a.octets_sent,
    ),
    (
        "upheld_connections_total",
        "Connections opened to an asset since the appliance started.",
        lambda a: a.connections,
    ),
    (
        "upheld_sessions_total",
        "Sessions asked of an asset since the appliance started.",
        lambda a: a.sessions,
    ),
)
