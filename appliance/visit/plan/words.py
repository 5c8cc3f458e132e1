"""Durations and counts as a person reads them."""

from __future__ import annotations


def lasting(seconds: int) -> str:
    """At most two units, the larger first: 26 h, 1 h 5 min, 40 s."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def at(phase: int, every: int) -> str:
    """A turn's place in time: `every 1 h, at 00:17:23 and so on (UTC)`."""
    hours, rest = divmod(phase % 86_400, 3_600)
    first = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    if 86_400 % every:
        return f"every {lasting(every)}, in step with {first} UTC of 1 January 1970"
    if every == 86_400:
        return f"every day at {first} UTC"
    return f"every {lasting(every)}, at {first} UTC and so on"
