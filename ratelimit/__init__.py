"""How much is too much: counting lines, folding texts, recognising near-identical ones. Knows nothing of cases.

Read in this order: `limits` (window, limit, hit, usage), `window` (the arithmetic), `counters` (one room's, and the
counting loop), `gauge` (the port), `memory_gauge` (with `tokens`, the answers given lately), `redis_gauge` (on
`redis_link`, one connection, and `packing`, a batch as bytes; `windows.lua` keeps the counters there), `gauges` (which one
a URL means), `fold` (canonical text; its tables are `confusables.txt` and `traditional.txt`), `disguise` (what it takes
neighbours to see; `parts.txt`), `obfuscation` (how much of a text is in disguise), `laughter` (what a crowd says together),
`likeness` (what two texts are compared by; `pinyin.txt`), `cluster` (near-identical lines), `echoes` and `redis_echoes`
(the same text in several rooms), `cooldown` (how often a viewer may command).
"""
