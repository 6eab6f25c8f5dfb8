"""Lines of chat: once each, in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.call.chat import UNCONFIRMED_MAX, ChatLine
from app.net.asides import Chat, ChatReceived


@given(st.lists(st.sampled_from(["say", "deliver", "lose", "confirm"]), max_size=60))
def test_every_line_is_shown_once_however_often_the_connection_breaks(steps: list[str]) -> None:
    here, there = ChatLine(), ChatLine()
    wire: list[Chat] = []
    back: list[ChatReceived] = []
    said, shown = 0, []
    for step in steps:
        if step == "say":
            said += 1
            message = here.say(str(said))
            assert message is not None
            wire.append(message)
        elif step == "deliver" and wire:
            text, confirmation = there.heard(wire.pop(0))
            shown += [text] if text else []
            back.append(confirmation)
        elif step == "confirm" and back:
            here.confirmed(back.pop(0))
        elif step == "lose":  # what was on its way is gone, and both ends begin a new connection
            wire, back = here.unconfirmed(), []
    for message in here.unconfirmed():
        text, _ = there.heard(message)
        shown += [text] if text else []
    assert shown == [str(number + 1) for number in range(said)]


def test_a_gap_is_an_error() -> None:
    with pytest.raises(ValueError, match="after 0"):
        ChatLine().heard(Chat(2, "where is the first?"))


def test_not_more_than_so_many_lines_wait() -> None:
    line = ChatLine()
    assert all(line.say("hello?") for _ in range(UNCONFIRMED_MAX))
    assert line.say("hello?") is None
    assert line.confirmed(ChatReceived(2)) == [1, 2]
    assert line.say("there you are") == Chat(UNCONFIRMED_MAX + 1, "there you are")
