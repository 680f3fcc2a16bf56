"""Twitch: read as a guest over IRC, or moderated with an account over EventSub and Helix.

Read in this order: `settings`, `texts` (what a line's text and badges mean).

As a guest: `irc_lines` (a line to events), `irc_session` (the sans-I/O core), `guest` (that way as a whole).

With an account: `frames` (EventSub's JSON), `notices` and `decode` (a notification to events), `eventsub_session` (the
sans-I/O core of a socket), `handover` (one socket, two while Twitch moves us), `topics` (what we want to hear), `rooms`,
`reasons`, `subscriber` (getting it heard); `errors`, `calls` (one HTTP call), `oauth`, `tokens` (the login, renewed and
kept), `helix` (the calls), `answers` (what they mean for an action), `modes` (who may write, in words), `moderation`,
`speaking`; `account` (that way as a whole). `feed` chooses between the two.

On Twitch a room is a channel by its login name, in lower case; :attr:`streams.events.Sender.id` is the numeric user id.
"""
