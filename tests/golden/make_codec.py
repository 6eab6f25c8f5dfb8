"""Makes the codec's golden files: ``python -m tests.golden.make_codec``.

Run it only together with a bump of ``codec.stream.BITSTREAM_VERSION``: the files prove that no byte changed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np

from codec.face import FaceDecoder, FaceEncoder
from codec.identity import Identity, identity_id, pack_identity
from codec.layout import Layout
from codec.plate import decode_plate, encode_plate
from codec.statistics import FaceTables
from codec.stream import Kind, StreamInfo, StreamReader, StreamWriter
from codec.table_training import train_tables
from codec.texture import HEAD_SHAPE, TORSO_SIDE, Texture, decode_texture, encode_texture
from tests.codec.motion import speaker, steps

FOLDER = Path(__file__).parent
LAYOUT = Layout(torso=16, freeform=4)
FRAMES = 60
LOST = 30
DELAY = 3
"""Packets until a call's acknowledgement is back."""


def write_stream(path: Path, tables: FaceTables, identity: bytes, plate: bytes, texture: bytes) -> None:
    """Codes a short file: a plate, a texture, packets of all sizes and of changing quality, one lost face."""
    encoder, numbers = FaceEncoder(tables), speaker(FRAMES, start=1000)
    with StreamWriter(path, StreamInfo(Fraction(25), identity, tables.layout)) as writer:
        writer.write(Kind.PLATE, plate)
        first = 0
        for packet in itertools.count():
            if first == FRAMES:
                break
            if first == LOST:
                writer.write(Kind.REPEAT)
                writer.write(Kind.TEXTURE, texture)
                first += 1
                continue
            count = min(packet % 5 + 1, (LOST if first < LOST else FRAMES) - first)
            codes = [LAYOUT.unpack(vector) for vector in numbers[first : first + count]]
            coded = encoder.encode_several(codes, first, quality=2 if first > 40 else 0, in_order=True)
            encoder.acknowledge(coded.seq)
            writer.write(Kind.FACE, coded.payload, count)
            first += count


def call_packets(tables: FaceTables) -> bytes:
    """Codes a short call with delayed acknowledgements, a pause, and packets of three frames at its end and its start.

    Each packet is behind its 16-bit length.
    """
    encoder = FaceEncoder(tables)
    packets: list[bytes] = []
    sent: list[int] = []
    numbers = [LAYOUT.unpack(vector) for vector in speaker(FRAMES, start=2000)]
    starts = [0, *range(3, 45), *range(45, FRAMES, 3)]
    for turn, (index, end) in enumerate(itertools.pairwise([*starts, FRAMES])):
        first = index if index < 40 else index + 100
        if turn >= DELAY and not 20 <= index < 25:
            encoder.acknowledge(sent[turn - DELAY])
        coded = encoder.encode_several(numbers[index:end], first)
        sent.append(coded.seq)
        packets.append(coded.payload)
    return b"".join(struct.pack("<H", len(packet)) + packet for packet in packets)


def split_packets(data: bytes) -> list[bytes]:
    """The packets of :func:`call_packets`."""
    packets = []
    while data:
        (length,) = struct.unpack_from("<H", data)
        packets.append(data[2 : 2 + length])
        data = data[2 + length :]
    return packets


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of arrays' bytes."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def decoded_digests(tables: FaceTables, folder: Path) -> dict[str, str]:
    """What the golden files decode to."""
    decoder, faces, plates, textures = FaceDecoder(tables), [], [], []
    for record in StreamReader(folder / "codec.vvs"):
        if record.kind == Kind.FACE:
            faces += [LAYOUT.pack(code) for code in decoder.decode(record.payload, record.frame).codes]
        elif record.kind == Kind.PLATE:
            plates.append(decode_plate(record.payload))
        elif record.kind == Kind.TEXTURE:
            texture = decode_texture(record.payload)
            textures += [texture.head, texture.torso]
    decoder.reset()
    packets = split_packets((folder / "codec_call.bin").read_bytes())
    call = [LAYOUT.pack(code) for packet in packets for code in decoder.decode(packet).codes]
    return {"stream": digest(*faces), "plate": digest(*plates), "texture": digest(*textures), "call": digest(*call)}


def plate_picture() -> np.ndarray:
    """A small background, uint8 (256, 256, 3)."""
    y, x = np.mgrid[:256, :256]
    return np.stack([120 + x // 4, 90 + y // 3, np.where(x > 180, 60, 140)], -1).astype(np.uint8)


def made_up_texture() -> Texture:
    """A lamp at one side of the head and a darker shirt with a stripe."""
    x = np.mgrid[: HEAD_SHAPE[0], : HEAD_SHAPE[1]][1].astype(np.float32)
    head = ((x - 64) / 640)[..., None] * np.array((1, 0.8, 0.6), np.float32)
    torso = np.full((TORSO_SIDE, TORSO_SIDE, 3), -0.3, np.float32)
    torso[100:110] = (0.2, 0.0, 0.1)
    return Texture(head.astype(np.float32), torso)


def main() -> None:
    """Writes all files."""
    tables = train_tables(speaker(400), [200], steps(), LAYOUT)
    arrays = {f"codec.{name}": array for name, array in tables.to_arrays().items()}
    data = pack_identity(Identity("Golden Speaker", 1_700_000_000, {"frames": 400, "psnr": 30.5}, arrays))
    (FOLDER / "codec.visavis").write_bytes(data)
    (FOLDER / "codec_plate.bin").write_bytes(encode_plate(plate_picture()))
    (FOLDER / "codec_texture.bin").write_bytes(encode_texture(made_up_texture()))
    plate, texture = ((FOLDER / f"codec_{part}.bin").read_bytes() for part in ("plate", "texture"))
    write_stream(FOLDER / "codec.vvs", tables, identity_id(data), plate, texture)
    (FOLDER / "codec_call.bin").write_bytes(call_packets(tables))
    digests = decoded_digests(tables, FOLDER)
    (FOLDER / "codec.json").write_text(json.dumps(digests, indent=1) + "\n")


if __name__ == "__main__":
    main()
