"""Plain frozen types: what was seen, what should hold, what is said about it."""
