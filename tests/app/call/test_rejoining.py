"""What is said again on a new connection, and in which order."""

from app.call.rejoining import Rejoining
from app.net.control import IdentityReady, ModeChange, Plate, TextureChange


def test_last_of_each_kind_is_said_again_and_the_mode_comes_last() -> None:
    rejoining = Rejoining()
    assert rejoining.messages() == []
    rejoining.remember(ModeChange("h265", "at first"))
    rejoining.remember(Plate(5, b"old"))
    rejoining.remember(ModeChange("face", "now"))
    rejoining.remember(TextureChange(7, b"tan"))
    rejoining.remember(Plate(9, b"new"))
    assert rejoining.messages() == [Plate(9, b"new"), TextureChange(7, b"tan"), ModeChange("face", "now")]
    rejoining.remember(IdentityReady(True, "loaded"))
    assert rejoining.messages()[0] == IdentityReady(True, "loaded")
