"""The yearly calendar (vuosikello): use cases."""
