"""The yearly calendar (vuosikello): deadlines and extensions: tables and questions."""
