"""Rules about what may be spent: limits, their days and months, and what follows from what was spent."""
