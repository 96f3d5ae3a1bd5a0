"""What a story remembers, shown, changed and searched."""
