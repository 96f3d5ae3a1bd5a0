"""Rules about a model's endpoint: token costs, prices, limits and failures."""
