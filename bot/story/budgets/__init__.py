"""What replies may cost and have cost, and how many one person gets: limits, sums, and servers' own keys."""
