"""Owncast: one self-hosted server, one chat room, read by websocket and moderated by HTTP.

Read in this order: `settings` (two credentials and what each opens), `body` (a line's HTML becomes the text people see),
`frames` (a websocket frame, which may hold several events, becomes values), `session` (frames to events, without I/O),
`api` (the HTTP calls), `softly` (the soft mute: every further line is hidden), `feed` (the platform).

Owncast has no timed mute, no whisper by account and no reason field. Facts: the server's own source (services/chat,
webserver/handlers) and its OpenAPI document.
"""
