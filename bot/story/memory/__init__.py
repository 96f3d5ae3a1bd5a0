"""What a prompt tells besides the newest turns, how it is found, and the upkeep of where it is kept."""
