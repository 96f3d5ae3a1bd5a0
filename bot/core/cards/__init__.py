"""Character cards of other programs: what their fields mean for a persona, and back."""
