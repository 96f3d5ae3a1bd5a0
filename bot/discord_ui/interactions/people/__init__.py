"""What people set for themselves, and see of what is stored about them."""
