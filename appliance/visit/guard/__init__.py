"""What stands between every visit and the network: budgets, breaker, latches, windows, holds."""

from appliance.visit.guard.gate import Guard

__all__ = ["Guard"]
