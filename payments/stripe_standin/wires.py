"""Open connections, so that one can really be cut without an answer."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

Address = tuple[str, int]
_open: dict[Address, asyncio.Transport] = {}


class Wire(H11Protocol):
    """A connection that can be found by the address of its client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # reason: as in uvicorn
        """Keep it."""
        super().connection_made(transport)
        if self.client is not None:
            _open[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        if self.client is not None:
            _open.pop(self.client, None)
        super().connection_lost(exc)


async def cut(client: Address) -> None:
    """Reset the connection of this client; what is answered after it goes nowhere."""
    if transport := _open.get(client):
        transport.abort()
        await asyncio.sleep(0)
