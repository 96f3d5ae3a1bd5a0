"""Talking to a chat model: over HTTP, or to the stand-by that needs no network.

Law: implements `core.completion.ChatModel` and knows nothing of scenes, storage or Discord.
"""
