"""The domain: what a report, a case, a decision is. Pure: values in, values out; `now` is an argument; no I/O.

Read in this order: `model` (the nouns), `sentence` (measures and their union), `rules` (house rules), `room_memory`
(what one room remembers), `checks` (messages to findings), `policy` (`judge`: findings to a decision), `judging` (one
room's lines through both), `ladder` (strikes to mute lengths), `history` (what can happen to a case), `machines` (the
allowed moves, as tables), `lifecycle` and `folds` (state is the fold of the history, by the tables), `intents` (what
people and checks want), `registrar` (the only writer), `ports` (what others provide).

The registrar's parts: `intake` (reports taken, cases dismissed), `triage` (the first look), `review` (context and class),
`measures`, `confirmations` (second person, reasons, what lapses), `hearing` and `appeal_review`. They write on a `draft`,
which stands on a `workbench`; `presumption` says how grave a case is taken to be meanwhile.

Who works here: `staff` (the book), `training` and `exercises` (who may act), `conflicts` (who must not handle a case),
`panel` and `votes` (several different people judge), `sampling`, `flags` and `watermark` (how the work is checked).
"""
