"""`make scorecard`: how much of an attack reaches the screen, and who is hit for nothing.

Scenes (:mod:`streams.sandbox.attacks`) are played into recorded evenings, or made-up ones where no logs are at hand, and
every line goes through the judging that `run` uses. Then the logs go through it as they are: whatever is hit there is
counted against us, though not every recorded line is innocent.

Read in this order: `logs` (what is measured on; `crowd` makes it up), `engine` (one room judged), `trials` (scenes played
into evenings), `real` (logs as they are), `single` (texts judged by hand, as single lines), `score` (the arithmetic),
`targets` (what must hold), `report` (tables and samples), `__main__` (the command).
"""
