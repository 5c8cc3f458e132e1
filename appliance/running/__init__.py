"""The process around the turns: when they come, which configuration holds, who commands it."""
