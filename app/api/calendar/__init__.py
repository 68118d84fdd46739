"""The yearly calendar (vuosikello): deadlines and extensions: the edge."""
