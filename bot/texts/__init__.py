"""Every sentence for people, and how failures and prompts are worded."""
