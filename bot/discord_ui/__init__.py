"""Discord as a frontend: it hears and speaks, and decides nothing about the story.

Law: the only folder that imports discord.
"""
