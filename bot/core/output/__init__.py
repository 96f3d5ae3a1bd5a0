"""The model's output: which part of it is the persona's text."""
