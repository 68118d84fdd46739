"""The hours: ledger, pools, proposals, decisions, distributions, requests, returns, corrections: use cases."""
