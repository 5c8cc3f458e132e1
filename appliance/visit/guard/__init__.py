"""What stands between every visit and the network: budgets, breaker, latches, windows, holds."""

from appliance.visit.guard.gate import Guard
from appliance.visit.guard.kept import Kept, KeptError

GUARD_FILE = "guard.db"
"""Below the state directory."""

__all__ = ["GUARD_FILE", "Guard", "Kept", "KeptError"]
