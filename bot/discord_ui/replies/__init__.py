"""Replies as people see them grow, and what stands under them."""
