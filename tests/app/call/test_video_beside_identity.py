"""Pictures and an identity that crosses on the same link, in a time of its own: both get on."""

from functools import partial

import pytest

from app.bench.video_link import VirtualCall
from app.call.identity_exchange import IdentityOfferer
from app.net.control import IdentityAnswer, IdentityChunk, IdentityReceived
from app.net.emulator import WIRE_OVERHEAD, LinkConditions
from app.net.h265_rtp import is_key
from app.net.jitter_buffer import JitterBuffer
from tests.app.net.test_congestion import PlainEncoder, longest_freeze_ms

SCTP_HEADERS = 29 + 28
"""DTLS and SCTP around a piece of a message, bytes."""


class CallWithIdentity(VirtualCall):
    """A call in which an identity crosses meanwhile, in pieces of half a chunk each; nothing of it is lost."""

    crossed = 0

    def offer(self, size: int) -> None:
        self._offerer = IdentityOfferer(bytes(size), "somebody")
        self._at(0, lambda now_ns: self._send_chunks(self._offerer.answered(IdentityAnswer(True, 0), now_ns), now_ns))

    def _send_chunks(self, chunks: list[IdentityChunk], now_ns: int) -> None:
        for chunk in chunks:
            half = len(chunk.data) // 2 + SCTP_HEADERS
            arrival_ns = now_ns
            for _ in range(2):
                self.controller.sent_beside(half + WIRE_OVERHEAD)
                arrival_ns = self._there.admit(half, now_ns) or self._there._idle_at_ns + 200_000_000
            total = chunk.offset + len(chunk.data)
            self._at(arrival_ns, partial(self._chunk_arrived, total))

    def _chunk_arrived(self, total: int, now_ns: int) -> None:
        self.crossed = max(self.crossed, total)
        back_ns = self._back.admit(60, now_ns)
        assert back_ns is not None
        received = IdentityReceived(total)
        self._at(back_ns, lambda at_ns: self._send_chunks(self._offerer.received(received, at_ns), at_ns))


@pytest.mark.parametrize("kbps", [250.0, 400.0, 800.0])
def test_pictures_keep_a_share_of_the_link_while_an_identity_crosses(kbps: float) -> None:
    there, back = LinkConditions(delay_ms=25, rate_kbps=kbps), LinkConditions(delay_ms=25)
    call = CallWithIdentity(PlainEncoder(3), JitterBuffer(is_key), there, back)
    call.controller.measured(kbps)
    call.offer(4_000_000)
    outcome = call.run(40.0)
    pictures = sum(size for at_ns, size in outcome.used if at_ns >= 5_000_000_000) * 8 / 1000 / 35
    assert pictures >= 0.3 * kbps
    assert call.crossed * 8 / 1000 / 40 >= 0.1 * kbps
    assert longest_freeze_ms(outcome) <= 1000  # the identity fills the queue once, before it knows the link
