"""The rule book: pure functions over values, on the standard library alone."""
