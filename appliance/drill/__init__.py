"""The drill: one failure of our own making, followed all the way to a person's eyes."""
