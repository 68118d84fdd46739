"""The yearly calendar (vuosikello): which days open what, and for whom (rulebook §5)."""
