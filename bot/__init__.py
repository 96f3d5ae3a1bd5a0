"""Dramatis: a Discord role-play bot on MiniMax's M2-her.

`docs/architecture.md` draws the house; start reading there.
"""

__version__ = "0.1.0"
