"""Dramatis: a Discord role-play bot for MiniMax's M2-her.

Start with `docs/architecture.md`.
"""

__version__ = "0.1.0"
