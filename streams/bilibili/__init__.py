"""Bilibili Live (哔哩哔哩直播): the open platform for reading, the web for everything, as the operator chooses.

Read in this order.

Pure: `facts` (what is known of a room), `wire` (packets), `lines` (chat
lines), `notices` (everything else on the web), `open_events` (the open platform's events), `decode` (one body becomes
events), `session` (one connection: log in, beat, watch), `sign` (signatures), `answers` (codes in words).

Shell: `settings`, `errors`, `turns` and `caller` (bounded HTTP, one call at a time), `api` (the web's addresses),
`open_api`, `rooms` (what is known of a wanted room), `moderation` and `speaking` (actions, re-read before they count),
`web_route`, `open_route`, and `feed`, which is the platform.
"""
