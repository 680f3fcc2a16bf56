"""A small live platform of our own, for trying danmod out: rooms, a chat page, a seeded crowd, and our adapter to it.

It is a demonstration: whoever can open the page may speak as any viewer, as the moderator or as the streamer. It
therefore listens on the loopback only, and answers no page but its own.

Read in this order: `room` (one chat and what is enforced in it; pure), `frames` (what travels), `border` (who may
knock), `hub` (sockets and fan-out), `api` (the bot's requests), `crowd` (who writes what; pure) and `player` (lets them
write), `server` (all of it, started and stopped), `page.html` with `page.css`, `page.js` `lines.js` and `words.js` (the page). The
adapter: `session` (sans I/O) and `feed` (the platform).
"""
