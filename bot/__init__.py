"""Composes everything: configuration, wiring, the pipeline, enforcement, the command line.

Read `pipeline` first: it is the life of one line. Then `intake` (what waits before it), `recorder` (decisions become
cases), `enforcement` (cases become deeds), `voice` (what the bot says), `rooms` (what is watched, and how well), `wiring`
(where real parts meet), `replay` (recorded chat through the same pipeline), `config`, `cli`, `doctor`.
"""
