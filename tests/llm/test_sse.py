"""Server-sent events taken out of a body: the format's rules, and pieces cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.sse import Events

BODIES: dict[str, tuple[bytes, list[str]]] = {
    "one event": (b"data: a\n\n", ["a"]),
    "several": (b"data: a\n\ndata: b\n\n", ["a", "b"]),
    "several lines": (b"data: a\ndata: b\n\n", ["a\nb"]),
    "no blank behind the colon": (b"data:a\n\n", ["a"]),
    "only one blank is dropped": (b"data:  a \n\n", [" a "]),
    "an empty line of data": (b"data: a\ndata\ndata:\n\n", ["a\n\n"]),
    "other fields": (b"event: message\nid: 7\nretry: 5\ndata: a\nname: b\n\n", ["a"]),
    "an event without data": (b"event: ping\n\ndata: a\n\n", ["a"]),
    "a comment": (b": ping\n\n: ping\ndata: a\n\n", ["a"]),
    "a field that only begins like it": (b"database: b\nData: c\n data: d\ndata: a\n\n", ["a"]),
    "more empty lines": (b"\n\ndata: a\n\n\n\ndata: b\n\n", ["a", "b"]),
    "carriage returns": (b"data: a\rdata: b\r\rdata: c\r\r\n", ["a\nb", "c"]),
    "both": (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", ["a\nb", "c"]),
    "what is not ended yet": (b"data: a\n\ndata: b\n", ["a"]),
    "line separators of Unicode": ("data: a\u2028b\x85c\x0bd\n\n".encode(), ["a\u2028b\x85c\x0bd"]),
    "no UTF-8": (b"data: a\xffb\xe2\x80\n\n", ["a\ufffdb\ufffd"]),
    "colons": (b"data: a: b\n\n", ["a: b"]),
}


@pytest.mark.parametrize("name", BODIES)
def test_events_are_read_as_the_format_has_them(name: str) -> None:
    body, data = BODIES[name]
    assert Events().take(body) == data


@given(
    st.lists(st.sampled_from([b"data: ", b"data:", b": ", b"event", b"\r", b"\n", "ü€".encode(), b"x"])),
    st.data(),
)
def test_where_a_body_is_cut_makes_no_difference(words: list[bytes], data: st.DataObject) -> None:
    body = b"".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)))))
    events, found = Events(), []
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        found += events.take(body[start:end])
    assert [*found, *events.take(b"\n\n")] == Events().take(body + b"\n\n")
