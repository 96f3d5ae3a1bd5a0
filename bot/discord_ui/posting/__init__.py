"""Posts: who makes them, and when they may go."""
