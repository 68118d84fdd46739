"""The benchmarks: the service against a bare floor and against the database alone, in one run (README.md)."""
