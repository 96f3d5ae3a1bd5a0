"""What of a story is remembered beyond the window of its prompts."""
