"""Chat commands: a line of chat in, an intent for the registrar and one short reply out.

Read in this order: `parse` (text to an Invocation), `arguments` (durations, codes, rules, categories), `targets` (whom or
which line), `permissions` (who may do what, to whom), `texts` (what people read, by language), `replies` (shortening, the
room's reply budget), `asking` (what every command gets), `evidence` (freezing lines), `viewer`, `information`,
`moderator`, `answers` (the commands), `router` (which command goes where).
"""
