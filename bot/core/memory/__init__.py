"""Memory: what a story keeps beyond the turns of a prompt."""
