"""All sentences for people, and the wording of failures and prompts."""
