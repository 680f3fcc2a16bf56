"""The report norm: its clauses, and which tests prove them."""
