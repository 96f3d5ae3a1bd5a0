"""The configuration: its keys, and reloading it while the bot runs."""
