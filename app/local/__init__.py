"""`make run`: the launcher, and the PostgreSQL that it and the tests start. No production start imports it."""
