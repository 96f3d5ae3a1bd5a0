"""Chat models: over HTTP, and a stand-in that needs no network.

Law: implements `core.completion.ChatModel` and knows nothing about scenes, storage or Discord.
"""
