"""To try the service as anybody, at any time, with demo data. No production start imports it."""
