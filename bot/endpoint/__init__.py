"""What the bot has learnt about the model's endpoint, in memory and in the database."""
