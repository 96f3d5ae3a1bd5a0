"""Discord as a frontend of the story.

Law: this is the only folder that imports discord, and it decides nothing about the story.
"""
