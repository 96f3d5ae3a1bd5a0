"""What is learnt about the model's endpoint, and kept."""
