"""The hours: ledger, pools, proposals, decisions, distributions, requests, returns, corrections: the rules."""
