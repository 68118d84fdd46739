"""The yearly calendar (vuosikello): tables and queries."""
