"""Posts: the routes they take, and when they may go."""
