"""Files that people write: read strictly, watched while the bot runs."""
