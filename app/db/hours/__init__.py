"""The hours: ledger, pools, proposals, decisions, distributions, returns, corrections: tables and questions."""
