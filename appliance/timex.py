"""Asks the kernel whether something keeps its clock right."""

from __future__ import annotations

import ctypes

from checks.facts.observation import ClockQuality

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), 64-bit Linux, up to the fields read here."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def kernel_clock_quality() -> ClockQuality:
    """`max_error_ms` is the kernel's maximum error; None while unsynchronised or unreadable."""
    state = _Timex()
    result = ctypes.CDLL(None).adjtimex(ctypes.byref(state))
    if result < 0 or result == _TIME_ERROR or state.status & _STA_UNSYNC:
        return ClockQuality(synchronised=False)
    return ClockQuality(synchronised=True, max_error_ms=state.maxerror // 1000)
