"""What comes from the model, and what of it is the persona's."""
