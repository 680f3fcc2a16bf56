"""A Bilibili that runs on this machine: HTTP addresses, chat over websocket and TCP, the open platform.

Read `world` (who and what there is), `codec` (packets), `chat`, `web_api`, `open_platform`, `simulator` (all together,
and how tests steer it). ``python -m tests.simulators.bilibili --port N`` runs it for clients written by others.
"""

from tests.simulators.bilibili.simulator import BilibiliSimulator, SimRoom, Urls

__all__ = ["BilibiliSimulator", "SimRoom", "Urls"]
