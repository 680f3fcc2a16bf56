"""A small live platform of our own, for trying danmod out: rooms, a chat page, a seeded crowd, and our adapter to it.

It is a demonstration: whoever can open the page may speak as any viewer, as the moderator or as the streamer. It
therefore listens on the loopback only, and answers no page but its own.

Read in this order: `names` (what a name may look like, how it says no), `frames` (what travels), `room` (one chat and
what is enforced in it; pure), `border` (who may knock), `hub` (sockets and fan-out), `api` (the bot's requests),
`crowd` (who writes what; pure), `attacks` (whole attacks, and innocents who look like one; pure), `repertoire` (all of it by
name) and `player` (lets them write), `pages` and `server` (all of it, started and stopped). In the browser: `page.html`,
`page.css`, `page.js`, `lines.js` (the list of lines), `words.js` (both languages). The adapter: `session` (sans I/O) and
`feed` (the platform).
"""
