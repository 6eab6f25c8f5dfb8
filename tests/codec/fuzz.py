"""Throws damaged packets and files at the codec: ``make fuzz``, or ``python -m tests.codec.fuzz 1000000 --seed 7``.

Whatever bytes come in, a reader gives a value or a ValueError, soon, and without asking for more than 16 MB at once.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np

from codec.face import FaceDecoder, FaceEncoder
from codec.identity import pack_identity, read_identity, unpack_identity
from codec.plate import decode_plate, encode_plate
from codec.statistics import FaceTables
from codec.stream import Kind, StreamInfo, StreamReader, StreamWriter
from codec.texture import decode_texture, encode_texture
from tests.codec.motion import speaker
from tests.golden import make_codec

SHARES = {"packet": 0.93, "stream": 0.03, "identity": 0.02, "tables": 0.01, "plate": 0.005, "texture": 0.005}
"""How often each kind is tried. Packets are what any peer sends at any time; files cost more time each."""

LONGEST_S = 10
"""Processor time of a hundred cases that counts as a hang: they take 0.05 s."""

MOST_BYTES = 16 << 20
"""Most memory that reading may ask for beyond what the process has."""

PACKETS = 35
"""Packets that are damaged: 105 frames, so that a decoder holds every reference."""

PRIMED_FOR = 200
"""Cases after which decoders start anew: what damaged packets decode to displaces what others refer to."""

WARM_UP = 3000
"""Cases after which imports, caches and the heap have their size, and the limit is set."""


class Fuzzer:
    """One seed's cases.

    Args:
        seed: of everything.
        folder: where stream files go.
    """

    def __init__(self, seed: int, folder: Path) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        self._golden = read_identity(make_codec.FOLDER / "codec.visavis")
        self._tables = FaceTables.from_arrays(self._golden.part("codec"))
        self._calls = [list(_packets(self._tables, in_order)) for in_order in (False, True)]
        self._prime()
        self._encoder = FaceEncoder(self._tables)
        self._encoder.encode(self._tables.layout.unpack(speaker(1)[0]), 0)
        self._stream = _stream_bytes(folder, self._tables, self._calls[1])
        self._identity = pack_identity(self._golden)
        self._plate = encode_plate(make_codec.plate_picture())
        self._texture = encode_texture(make_codec.made_up_texture())
        self.outcomes: Counter[str] = Counter()

    def run(self, count: int) -> None:
        """Tries so many cases; an outcome other than a value or a ValueError is raised."""
        kinds: dict[str, Callable[[], None]] = {
            "packet": self._try_packet,
            "stream": self._try_stream,
            "identity": self._try_identity,
            "tables": self._try_tables,
            "plate": self._try_plate,
            "texture": self._try_texture,
        }
        for kind in self._random.choices(list(SHARES), list(SHARES.values()), k=count):
            try:
                kinds[kind]()
                self.outcomes[kind + " taken"] += 1
            except ValueError:
                self.outcomes[kind + " refused"] += 1

    def _damaged(self, data: bytes) -> bytes:
        """Bytes with a few flipped, dropped, repeated or put in, or cut short."""
        damaged = bytearray(data)
        for _ in range(self._random.choice((1, 1, 1, 2, 4, 16))):
            at = self._random.randrange(len(damaged) + 1)
            match self._random.randrange(6):
                case 0 | 1 if damaged:
                    damaged[at % len(damaged)] ^= 1 << self._random.randrange(8)
                case 2:
                    damaged[at:at] = self._random.randbytes(self._random.randint(1, 8))
                case 3:
                    del damaged[at : at + self._random.randint(1, 8)]
                case 4:
                    damaged[at : at + 4] = self._random.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
                case 5:
                    damaged[at:] = damaged[: self._random.randint(0, 64)]
        return bytes(damaged)

    def _prime(self) -> None:
        """Gives the decoders every reference that the packets have."""
        self._decoders = [FaceDecoder(self._tables), FaceDecoder(self._tables)]
        for decoder, call, in_order in zip(self._decoders, self._calls, (False, True), strict=True):
            for payload, number in call:
                decoder.decode(payload, number if in_order else None)
        self._until_primed = PRIMED_FOR

    def _try_packet(self) -> None:
        self._until_primed -= 1
        if not self._until_primed:
            self._prime()
        which = self._random.randrange(2)
        payload, number = self._random.choice(self._calls[which])
        first = None if which == 0 else number
        if self._random.random() < 0.1:
            payload = self._random.randbytes(self._random.randint(0, 200))
        elif self._random.random() < 0.9:
            payload = self._damaged(payload)
        if self._random.random() < 0.05:
            first = self._random.choice((None, number, self._random.randint(-9, 2**33)))
        decoded = self._decoders[which].decode(payload, first)
        self._encoder.acknowledge(decoded.acknowledgement)
        if not all(np.isfinite(self._tables.layout.pack(code)).all() for code in decoded.codes):
            raise AssertionError("a decoded number is not finite")

    def _try_stream(self) -> None:
        damaged = bytearray(self._damaged(self._stream))
        if self._random.random() < 0.7 and len(damaged) > 60:  # past the checksums: into the records
            size = min(int.from_bytes(damaged[42:46], "little"), len(damaged) - 50)
            damaged[46:50] = zlib.crc32(damaged[50 : 50 + size]).to_bytes(4, "little")
            damaged[38:42] = zlib.crc32(damaged[:38]).to_bytes(4, "little")
        path = self._folder / "fuzz.vvs"
        path.write_bytes(damaged)
        for record in StreamReader(path):
            if record.kind == Kind.FACE:
                self._decoders[1].decode(record.payload, record.frame)

    def _try_identity(self) -> None:
        damaged = self._damaged(self._identity[:-32])
        unpack_identity(damaged + hashlib.sha256(damaged).digest())

    def _try_tables(self) -> None:
        arrays = dict(self._golden.part("codec"))
        name = self._random.choice(sorted(arrays))
        raw = bytearray(arrays[name].tobytes())
        for _ in range(self._random.randint(1, 40)):
            raw[self._random.randrange(len(raw))] = self._random.randrange(256)
        arrays[name] = np.frombuffer(bytes(raw), arrays[name].dtype).reshape(arrays[name].shape)
        if self._random.random() < 0.5:
            size = self._tables.layout.size
            arrays["mixing"] = np.frombuffer(self._random.randbytes(2 * size * size), np.int16).reshape(size, size)
        decoder = FaceDecoder(FaceTables.from_arrays(arrays))
        for payload, number in self._calls[1][:3]:
            decoder.decode(payload, number)

    def _try_plate(self) -> None:
        decode_plate(self._damaged(self._plate))

    def _try_texture(self) -> None:
        decode_texture(self._damaged(self._texture))


def _packets(tables: FaceTables, in_order: bool) -> Iterator[tuple[bytes, int]]:
    """Packets of a call, of 1 to 5 frames, each with the number of its first frame."""
    encoder, first = FaceEncoder(tables), 0
    for turn in range(PACKETS):
        count = turn % 5 + 1
        codes = [tables.layout.unpack(vector) for vector in speaker(count, start=first)]
        coded = encoder.encode_several(codes, first, turn % 9 - 4, in_order)
        if turn % 3 != 1:
            encoder.acknowledge(coded.seq)
        yield coded.payload, first
        first += count


def _stream_bytes(folder: Path, tables: FaceTables, packets: list[tuple[bytes, int]]) -> bytes:
    path = folder / "whole.vvs"
    with StreamWriter(path, StreamInfo(Fraction(25), bytes(16), tables.layout)) as writer:
        for turn, (payload, _) in enumerate(packets):
            writer.write(Kind.FACE, payload, turn % 5 + 1)
            writer.write(Kind.REPEAT)
    return path.read_bytes()


@contextmanager
def _no_hang() -> Iterator[None]:
    """Ends the process by a signal when a batch takes so much processor time that a case in it must hang."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
    yield
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 0)


def limit_memory() -> bool:
    """From now on the process cannot ask for more than 16 MB beyond what it has. Whether this system can do that."""
    if not sys.platform.startswith("linux"):
        return False
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return True


def main() -> None:
    """Runs the cases and prints what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fuzzer, began_s = Fuzzer(arguments.seed, Path(folder)), time.monotonic()
        fuzzer.run(min(WARM_UP, arguments.count))
        limited = limit_memory()
        for _ in range(max(0, arguments.count - WARM_UP) // 100):
            with _no_hang():
                fuzzer.run(100)
        spent_s = time.monotonic() - began_s
    print(f"{sum(fuzzer.outcomes.values())} cases in {spent_s:.0f} s, memory {'limited' if limited else 'not limited'}")
    for outcome, times in sorted(fuzzer.outcomes.items()):
        print(f"{times:9d} {outcome}")


if __name__ == "__main__":
    main()
