"""How long a persona's replies are: what the model is told, where it is stopped, and how it is sampled."""

import pytest

from bot.core.completion import Sampling
from bot.core.lengths import asked_of, sampling_of
from bot.core.persona import Length, Persona, PersonaSampling

DEFAULT = Sampling(1.0, 0.95, 500)


def persona(length: Length | None, description: str = "Keeps an inn.", **sampling: float) -> Persona:
    return Persona(
        key="x",
        name="Mira",
        description=description,
        length=length,
        sampling=PersonaSampling.model_validate(sampling),
    )


@pytest.mark.parametrize(
    ("length", "asked", "in_chinese", "cap"),
    [
        (None, "", "", 500),
        (
            Length.SHORT,
            "About 40 words, a few sentences; more only when it matters.",
            "About 80 characters, a few sentences; more only when it matters.",
            160,
        ),
        (
            Length.MEDIUM,
            "About 100 words in one or two paragraphs, often less.",
            "About 200 characters in one or two paragraphs, often less.",
            400,
        ),
        (
            Length.LONG,
            "About 250 words in several paragraphs, with a scene to see, hear and smell.",
            "About 500 characters in several paragraphs, with a scene to see, hear and smell.",
            1000,
        ),
    ],
)
def test_a_length_is_an_instruction_and_a_cap(
    length: Length | None, asked: str, in_chinese: str, cap: int
) -> None:
    assert asked_of(persona(length)) == asked
    assert asked_of(persona(length, "阿渡是船娘。")) == in_chinese
    assert sampling_of(persona(length), DEFAULT) == Sampling(1.0, 0.95, cap)


def test_what_a_file_says_of_sampling_goes_before_everything() -> None:
    own = persona(Length.LONG, temperature=0.5, top_p=0.25, max_completion_tokens=70)
    assert sampling_of(own, DEFAULT) == Sampling(0.5, 0.25, 70)
    assert sampling_of(persona(None, top_p=0.5), DEFAULT) == Sampling(1.0, 0.5, 500)
