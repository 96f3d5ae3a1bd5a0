"""Prompts: building them, choosing their turns, and inspecting them."""
