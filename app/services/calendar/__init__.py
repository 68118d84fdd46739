"""The yearly calendar (vuosikello): deadlines and extensions: use cases."""
