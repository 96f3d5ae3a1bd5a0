"""What is made good after a time in which nobody listened, or a crash."""
