"""The personas of the folder, and keeping up with their files."""
