"""Whatever bytes come: a card, or a refusal in a sentence; never anything else. `make fuzz` tries far more of them."""

import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from bot.core.persona import PersonaSheet
from bot.files.yamlfile import read
from bot.personas.cards import CardError, export_card, read_card
from bot.personas.cards.errors import CardFault
from bot.texts.sentences import voice_for
from tests.cards import (
    JPEG,
    V1,
    as_json,
    charx,
    coded,
    international_chunk,
    packed_chunk,
    png,
    text_chunk,
    v2,
    v3,
)

WEBUI = b"name: Ada\ngreeting: Hello.\ncontext: |\n  Ada counts.\n\n  {{user}}: What?\n  {{char}}: That.\n"
SEEDS = (
    as_json(V1),
    as_json(v2()),
    as_json(v3()),
    png(text_chunk("chara", coded(v2()))),
    png(packed_chunk("ccv3", coded(v3())), text_chunk("chara", coded(v2()))),
    png(international_chunk("chara", coded(v2()), packed=True)),
    charx({"card.json": as_json(v3()), "assets/icon/images/main.png": b"x"}),
    JPEG + charx({"card.json": as_json(v3())}),
    WEBUI,
)
SIZES = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 12, 255, 2**16 - 1, 2**31, 2**32 - 1]))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file, with some of its bytes changed, taken out, repeated, or put from another one."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        match draw(st.integers(0, 5)):
            case 0:
                content[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
            case 1:
                del content[at : at + draw(st.integers(1, 200))]
            case 2:
                content[at:at] = content[at : at + draw(st.integers(1, 200))]
            case 3:
                other = draw(st.sampled_from(SEEDS))
                content[at:at] = other[: draw(st.integers(0, len(other)))]
            case 4:
                content[at : at + 4] = struct.pack(draw(st.sampled_from([">I", "<I"])), draw(SIZES))
            case 5:
                del content[at:]
    return bytes(content)


def mended(content: bytes) -> bytes:
    """A damaged PNG with right sums, so that what is behind them is reached."""
    at, parts = 8, [content[:8]]
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        body = content[at + 4 : at + 8 + length]
        parts.append(content[at : at + 4] + body + struct.pack(">I", zlib.crc32(body)))
        at += 12 + length
    return b"".join(parts)


def hold(content: bytes, name: str) -> None:
    """Read a file, and hold what comes of it to what is promised."""
    try:
        found = read_card(content, name)
    except CardError as error:
        voice_for().render(error.sentence)
        return
    PersonaSheet.model_validate(read(found.text, "x.yaml").data)
    for told in (found.report.kept, found.report.changed, found.report.ignored, found.report.warnings):
        assert all("\n" not in line and len(line) < 2000 for line in map(voice_for().render, told))
    again = read_card(export_card(found.text, None, "v3", "json"), name)
    assert read(again.text, "x").data == read(found.text, "x").data


@given(damaged(), st.sampled_from(["x.png", "x.yaml"]))
def test_a_damaged_file_is_read_or_refused(content: bytes, name: str) -> None:
    hold(content, name)
    if content.startswith(b"\x89PNG"):
        hold(mended(content), name)


@given(st.binary(max_size=400), st.sampled_from(["x", "x.yaml"]))
def test_noise_is_refused(content: bytes, name: str) -> None:
    hold(content, name)


@given(st.text("{}[]\":,-|> \n\tn0e1ameontxgri'&*!<STAR>uscha;\x00", max_size=200), st.booleans())
def test_what_looks_like_json_or_yaml_is_read_or_refused(text: str, card: bool) -> None:
    begun = "name: x\ncontext: y\n" if card else '{"name": "x", "first_mes": "y", "description": '
    hold((begun + text).encode(), "x.yaml")
    hold(text.encode(), "x.yaml")


def test_each_fault_is_told_in_a_sentence_that_says_what_to_do() -> None:
    facts = {"most": 1, "kind": "PNG", "line": 1, "column": 1, "problem": "p", "length": 1}
    for fault in CardFault:
        said = voice_for().render(CardError(fault, **facts).sentence)
        assert said[0].isupper()
        assert said.endswith(("p", "."))
