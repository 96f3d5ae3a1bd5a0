"""What a persona is told: prompts, the turns they hold, and taking them apart."""
