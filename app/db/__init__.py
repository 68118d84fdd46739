"""Tables and their queries, which return values."""
