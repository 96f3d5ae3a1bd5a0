"""What was used, and how much of each limit it is."""
