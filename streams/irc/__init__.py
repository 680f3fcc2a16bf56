"""IRC (IRCv3), over a websocket, TCP or TLS. One connection serves all rooms; a room is a channel.

Read in this order: `settings`, `wire` (lines: parse, format, cut), `features` (what the server says it can do),
`channel` (who is in a room and as what), `outgoing` (the queue and its flood control), `login` (capabilities, SASL,
nick), `rooms` (getting in and back), `roster` with `modes` (who is where), `chat` (what is said), `session` (lines in,
events out: the sans-I/O core), `masks` (how a person is muted or banned, as modes), `answers` and `exchange` (ask the
server and wait for its answer), `deeds` (mutes and bans, each confirmed), `speech` (what we say), `feed` (the
platform).

On IRC a person is a nick: :attr:`streams.events.Sender.id` is the nick folded by the server's CASEMAPPING, and
``SenderRenamed`` lets memory and mutes follow a nick change.
"""
