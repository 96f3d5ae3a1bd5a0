"""Rules about a model's endpoint: tokens, price, limits, trouble."""
