"""Pages: overlay, feed, report and appeal forms, case pages, desk, health and metrics.

Read in this order: `views` (values that cross the border), `screen` and `hub` (what may be shown, and the fan-out),
`app` (routes in one list), `access` (who may ask what), `sockets`, then a file a page. Everything a page needs is handed
in by `WebDeps`; nothing here knows the engine, the database or the commands.
"""
