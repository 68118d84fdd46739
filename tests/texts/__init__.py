"""Words: how they are rendered, and what every text must and must not have."""
