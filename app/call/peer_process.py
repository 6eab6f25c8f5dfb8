"""The portrayed peer of a demo, as a process of its own: `python -m app.call.peer_process`, told what to do by a pipe.

Messages in: ``setup`` (options), ``answer`` (SDP), ``begin`` (epoch_ns), ``finish``. Messages out: ``offer`` (SDP),
``open``, ``event`` (text), ``report`` (counts), ``error`` (text, bad_input). The end of the pipe ends the process.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from app.call.options import SessionOptions
from app.call.session import Session
from app.net.emulator import LinkConditions
from app.net.link import Link, Values, number, numbers, text
from app.net.peer import PeerOptions
from app.net.wire_plan import WIRE_MODES, WireMode

OPEN_TIMEOUT_S = 20.0


def pack_options(options: SessionOptions) -> Values:
    """Turn what a portrayed peer needs of its options into a message."""
    return {
        "camera": str(options.camera) if options.camera else "",
        "microphone": str(options.microphone) if options.microphone else "",
        "identity": str(options.identity) if options.identity else "",
        "h265_only": options.h265_only,
        "stages": options.stages,
        "loss": options.peer.conditions.loss,
        "delay_ms": options.peer.conditions.delay_ms,
        "jitter_ms": options.peer.conditions.jitter_ms,
        "rate_kbps": options.peer.conditions.rate_kbps or 0.0,
        "rate_steps": [number for step in options.peer.conditions.rate_steps for number in step],
        "seed": options.peer.seed,
        "wire": options.peer.wire,
    }


def unpack_options(values: Values) -> SessionOptions:
    """Turn the message back into options.

    Raises:
        ValueError: something is missing or of another type.
    """

    def path(key: str) -> Path | None:
        return Path(text(values, key)) if text(values, key) else None

    steps = numbers(values, "rate_steps")
    conditions = LinkConditions(
        number(values, "loss"),
        number(values, "delay_ms"),
        number(values, "rate_kbps") or None,
        jitter_ms=number(values, "jitter_ms"),
        rate_steps=tuple(zip(steps[::2], steps[1::2], strict=True)),
    )
    return SessionOptions(
        camera=path("camera"),
        microphone=path("microphone"),
        identity=path("identity"),
        h265_only=values.get("h265_only") is True,
        stages=text(values, "stages"),
        peer=PeerOptions(
            loopback=True,
            conditions=conditions,
            seed=int(number(values, "seed")),
            wire=_wire_mode(text(values, "wire")),
        ),
    )


def _wire_mode(name: str) -> WireMode:
    for mode in WIRE_MODES:
        if mode == name:
            return mode
    raise ValueError(f"unknown wire mode {name!r}")


def _expect(link: Link, kind: str) -> Values:
    found, values = link.receive()
    if found != kind:
        raise ValueError(f"{found!r} came where {kind!r} was due")
    return values


def _tell(link: Link, event: str) -> None:
    with contextlib.suppress(ConnectionError):  # the end of the pipe shows where messages are expected
        link.send("event", text=event)


def _hold_call(link: Link, session: Session) -> None:
    session.prepare()
    link.send("offer", sdp=session.peer.create_offer())
    session.peer.accept_answer(text(_expect(link, "answer"), "sdp"))
    session.peer.wait_open(OPEN_TIMEOUT_S)
    link.send("open")
    epoch_ns = int(number(_expect(link, "begin"), "epoch_ns"))
    before = session.peer.counts()
    session.begin(epoch_ns)
    session.greet()
    _expect(link, "finish")
    wire = session.peer.counts()
    session.say_bye("the demo is over")
    link.send(
        "report",
        sender=asdict(session.sender.counts()) if session.sender else {},
        wire_bytes=wire.sent_bytes - before.sent_bytes,
        failure=session.failure or "",
    )


def main() -> int:
    """Serve one call. Exit status 0, or 1 when it failed, which the pipe has been told."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # Ctrl-C reaches both processes; this one leaves when the other closes the pipe, after saying what it has to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not get between the messages, so standard output becomes standard error.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    link = Link(sys.stdin.buffer, out)
    session: Session | None = None
    try:
        session = Session(unpack_options(_expect(link, "setup")), on_event=lambda event: _tell(link, event))
        _hold_call(link, session)
    except ConnectionError:
        return 1  # the parent has gone, or was told by the missing report
    except (ValueError, RuntimeError) as exc:
        with contextlib.suppress(ConnectionError):
            link.send("error", text=str(exc), bad_input=isinstance(exc, ValueError))
        return 1
    finally:
        if session is not None:
            session.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
