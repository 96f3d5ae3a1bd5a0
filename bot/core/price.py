"""What tokens cost.

Law: M2-her's list price, in US dollars; both vendors of it that were looked at ask the same.
"""

INPUT_PER_MILLION = 0.30
OUTPUT_PER_MILLION = 1.20


def price(prompt_tokens: int, completion_tokens: int) -> float:
    """Return the price of one reply in US dollars."""
    return (prompt_tokens * INPUT_PER_MILLION + completion_tokens * OUTPUT_PER_MILLION) / 1_000_000
