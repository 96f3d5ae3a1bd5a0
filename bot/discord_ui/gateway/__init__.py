"""The connection to Discord, and the events that come by it."""
