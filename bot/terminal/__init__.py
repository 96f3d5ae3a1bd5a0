"""The terminal frontend: a rehearsal with one persona, without Discord.

Law: the same story as on Discord (use cases, storage, streaming), shown differently. Only replies go to
standard output, so that a script can read them.
"""
