"""What the model is asked for one reply, and what it would be asked now."""
