"""What is known of a place: who plays and who may, by which rules and clock, and its newest messages."""
