"""Scenes as files: what an export holds, how it is written, and how a chat of another program is read."""
