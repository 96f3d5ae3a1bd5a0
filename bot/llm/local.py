"""Discovery of a model server on this computer, for a rehearsal without a key.

Law: it only finds servers; the person decides whether to use one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

USUAL = ("http://127.0.0.1:11434", "http://127.0.0.1:8080")
"""The default addresses of Ollama and llama.cpp's server; both speak the OpenAI dialect."""

PATIENCE = 0.5
"""Seconds that a local server has to answer."""


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answered, and the first model it offers."""

    address: str
    model: str


async def find_server(addresses: Iterable[str]) -> LocalServer | None:
    """Return the first server that lists a model; None if there is none."""
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
        for address in addresses:
            try:
                answer = (await client.get(f"{address}/v1/models")).raise_for_status().json()
                return LocalServer(address, str(answer["data"][0]["id"]))
            except (httpx.HTTPError, ValueError, LookupError, TypeError):
                continue
    return None
