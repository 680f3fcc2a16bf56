"""An Owncast server that runs on this machine, as strict as the real one where danmod could get it wrong.

Written from the server's source (services/chat, webserver/handlers); `world` is its state, `simulator` its HTTP and
websocket sides.
"""

from tests.simulators.owncast.simulator import OwncastSimulator
from tests.simulators.owncast.world import Account, World

__all__ = ["Account", "OwncastSimulator", "World"]
