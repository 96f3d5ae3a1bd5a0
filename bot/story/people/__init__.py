"""What people set for themselves: the characters they play, their wishes and their language."""
