"""Scenes: how they begin, rest, branch, come and go as files, and what they remember."""
