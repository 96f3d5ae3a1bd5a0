"""The story: what happens when something is said, changed or taken back."""
