"""What is logged of a connection that fails."""

from bot.discord_ui.gateway.reconnecting import reason_of


def test_a_failure_is_one_line_whatever_has_answered() -> None:
    page = "502 Bad Gateway\n\n<html>\r\n<body>\tBad gateway</body>"
    assert (
        reason_of(ConnectionError(page))
        == "ConnectionError: 502 Bad Gateway <html> <body> Bad gateway</body>"
    )
    assert reason_of(ConnectionError()) == "ConnectionError"


def test_a_page_instead_of_an_answer_is_cut_short() -> None:
    said = reason_of(ConnectionError("word " * 1000))
    assert said.startswith("ConnectionError: word word")
    assert said.endswith("word …")
    assert len(said) <= 300
