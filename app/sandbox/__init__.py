"""Trying the service as any person, at any time, with demo data. No production start imports it."""
