"""The pages of `/dramatis settings`."""
