"""Twitch. Read in this order: `settings`, `texts` (what a line's text and badges mean), `irc_lines` (a line to events),
`irc_session` (the sans-I/O core of reading as a guest), `guest` (that way as a whole), `feed` (the platform).

On Twitch a room is a channel by its login name, in lower case; :attr:`streams.events.Sender.id` is the numeric user id.
"""
