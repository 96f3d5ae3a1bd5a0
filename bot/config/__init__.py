"""Configuration: its shape, and what a change of it does to a running bot."""
