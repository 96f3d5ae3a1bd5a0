"""Lines of the moderation log: each act has one, and it leads to what it is about."""

import pytest

from bot.core.moderation import ANYWHERE, Act, Entry
from bot.core.scene import Place
from bot.discord_ui.replies.moderation_log import line_of
from bot.texts.sentences import voice_for

PLACE = Place(7, None, 5)


@pytest.mark.parametrize("act", Act)
def test_each_line_names_the_account_and_the_place(act: Act) -> None:
    line = voice_for().render(line_of(Entry(act, PLACE, 1, 9, "4")))
    assert "<@1>" in line
    assert "https://discord.com/channels/5/7/9" in line


@pytest.mark.parametrize("act", sorted(ANYWHERE))
def test_what_is_done_to_a_whole_server_is_told_apart(act: Act) -> None:
    line = voice_for().render(line_of(Entry(act, PLACE, 1, about="4", everywhere=True)))
    assert line.startswith("<@1> ")
    assert line.endswith(" the whole server, from <#7>")


def test_what_has_no_message_leads_to_its_channel() -> None:
    line = voice_for().render(line_of(Entry(Act.SCENE_BEGUN, PLACE, 1, about="4")))
    assert line == "<@1> started scene #4 in <#7>"
