"""How much is too much: counting lines, folding texts, recognising near-identical ones. Knows nothing of cases.

Read in this order: `limits` (window, limit, hit, usage), `window` (the arithmetic), `gauge` (the port),
`memory_gauge` and `redis_gauge` (+ `windows.lua`), `fold` (canonical text), `cluster` (near-identical lines),
`cooldown` (how often a viewer may command).
"""
