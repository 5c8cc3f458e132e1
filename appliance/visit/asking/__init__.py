"""From the inventory's words to a collector's arguments: one file a collector."""

from appliance.visit.asking.asker import Given
from appliance.visit.asking.asking import Asking

__all__ = ["Asking", "Given"]
