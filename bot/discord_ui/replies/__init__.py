"""Replies as people see them grow, and the buttons and notices below them."""
