"""What arrives from live rooms and how we speak back. Knows nothing of cases.

Read in this order: `events` (what a feed tells), `platform` (the contract: capabilities, actions, outcomes),
`session` (what a platform's sans-I/O core must be), `connection` (the one async shell: dial, pump, watchdog, back-off),
`connections` (one a room), `transport` (sockets, opened), `backoff`, `errors`, `tolerant` (JSON that
breaks its promises), `recent` (what was seen lately), `replay` (recorded logs). Each platform is a folder: a
sans-I/O core beside a thin shell (`irc/`, `bilibili/`, `twitch/`, `owncast/`, `douyu/`, `sandbox/`).
"""
