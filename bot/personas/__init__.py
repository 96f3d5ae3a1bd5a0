"""The personas of the folder, and reloading them when files change."""
