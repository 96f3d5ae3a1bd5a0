"""Pictures that people send: what they are, and how long Discord's addresses work."""

import pytest

from bot.core.pictures import expires_at, kind_of


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "png"),
        (b"\xff\xd8\xff\xe0", "jpg"),
        (b"GIF87a", "gif"),
        (b"GIF89a", "gif"),
        (b"RIFF\x0a\x00\x0a\x00WEBPVP8 ", "webp"),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: str | None) -> None:
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("?ex=65d903de&is=65c68ede&hm=2481f30d", 1708721118.0),
        ("?size=128", None),
        ("", None),
        ("?ex=never", None),
        ("?ex=", None),
    ],
)
def test_an_attachments_address_says_how_long_it_works(query: str, at: float | None) -> None:
    assert expires_at(f"https://cdn.discordapp.com/attachments/1/2/wren.png{query}") == at
