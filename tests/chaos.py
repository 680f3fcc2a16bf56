"""A TCP proxy that misbehaves on command: delay, silence, cuts, dribble, replies lost.

    async with ChaosProxy(port_of_the_real_server) as proxy:
        proxy.delay_s = 0.2

Settings may be changed while it runs and hold for bytes that arrive from then on.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

CHUNK = 1 << 16


class ChaosProxy:
    """Forwards ``127.0.0.1:port`` to a real server, with faults between.

    ``delay_s`` holds every reply back that long. ``dribble`` forwards one byte at a time, in both directions.
    ``swallow_replies`` forwards requests and drops their replies without closing; ``lose_replies`` does so for the next
    that many replies only. ``cut_next_at`` forwards so many bytes of the next reply and then closes the connection,
    once (0: the request has been carried out, nobody hears of it); None: it does not. ``refuse`` closes new connections
    at once. ``connections`` counts those accepted. (A reply is what one read from the server brings.)
    """

    def __init__(self, target_port: int, target_host: str = "127.0.0.1") -> None:
        self.delay_s = 0.0
        self.dribble = False
        self.swallow_replies = False
        self.lose_replies = 0
        self.cut_next_at: int | None = None
        self.refuse = False
        self.connections = 0
        self.port = 0
        self._target = (target_host, target_port)
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> ChaosProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def open_links(self) -> int:
        """How many clients are connected now."""
        return len(self._tasks)

    def cut_all(self) -> None:
        """Reset every open connection now."""
        for writer in list(self._links):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._links.add(writer)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # either end went away, or the proxy is closing: both just end this link
        finally:
            writer.transport.abort()
            self._links.discard(writer)
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuse:
            return
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._links.add(far_writer)
        try:
            async with asyncio.TaskGroup() as group:
                up = group.create_task(self._forward_requests(reader, far_writer))
                await self._forward_replies(far_reader, writer)
                up.cancel()
        except* OSError:
            pass  # a reset of either end
        finally:
            far_writer.transport.abort()
            self._links.discard(far_writer)

    async def _forward_requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self._write(writer, data)
        writer.transport.abort()

    async def _forward_replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.swallow_replies:
                continue
            if self.lose_replies > 0:
                self.lose_replies -= 1
                continue
            if self.cut_next_at is not None:
                data, self.cut_next_at = data[: self.cut_next_at], None
                await self._write(writer, data)
                writer.close()  # what was forwarded still arrives
                await writer.wait_closed()
                return
            await self._write(writer, data)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        pieces = [data[i : i + 1] for i in range(len(data))] if self.dribble else [data]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if self.dribble:
                await asyncio.sleep(0)
