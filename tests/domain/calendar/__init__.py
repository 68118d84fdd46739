"""The yearly calendar (rulebook §5)."""
