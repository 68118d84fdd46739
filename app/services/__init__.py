"""Use cases: plain async functions that read like a sentence."""
