"""A Twitch that runs on this machine: OAuth, Helix, EventSub over websocket, IRC over websocket.

Read `world` (who and what there is), `bodies` (what events look like), `errors`, `oauth`, `eventsub`, `irc`, `chat` (what
is said and done, told on both sides), `helix`, `simulator` (all together, and how tests steer it).
``python -m tests.simulators.twitch --port N`` runs it for clients written by others.
"""

from tests.simulators.twitch.simulator import TwitchSimulator, Urls

__all__ = ["TwitchSimulator", "Urls"]
