"""Makes the codec's golden files: ``python -m tests.golden.make_codec``.

Run it only together with a bump of ``codec.stream.BITSTREAM_VERSION``: the files prove that no byte changed.
"""

from __future__ import annotations

import hashlib
import json
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np

from codec.face import FaceDecoder, FaceEncoder
from codec.identity import Identity, identity_id, pack_identity
from codec.layout import Layout
from codec.plate import decode_plate, encode_plate
from codec.statistics import FaceTables, train_tables
from codec.stream import Kind, StreamInfo, StreamReader, StreamWriter
from tests.codec.motion import speaker, steps

FOLDER = Path(__file__).parent
LAYOUT = Layout()
FRAMES = 60
DELAY = 3
"""Frames until a call's acknowledgement is back."""


def write_stream(path: Path, tables: FaceTables, identity: bytes, plate: bytes) -> None:
    """Codes a short file: a plate, faces of changing quality, one lost face."""
    encoder = FaceEncoder(tables)
    with StreamWriter(path, StreamInfo(Fraction(25), identity, tables.layout)) as writer:
        writer.write(Kind.PLATE, plate)
        for seq, vector in enumerate(speaker(FRAMES, start=1000)):
            if seq == 30:
                writer.write(Kind.REPEAT)
                continue
            coded = encoder.encode(LAYOUT.unpack(vector), seq, quality=2 if seq > 40 else 0, in_order=True)
            encoder.acknowledge(seq)
            writer.write(Kind.FACE, coded.payload)


def call_packets(tables: FaceTables) -> bytes:
    """Codes a short call with delayed acknowledgements and a pause; each packet behind its 16-bit length."""
    encoder, packets = FaceEncoder(tables), []
    for index, vector in enumerate(speaker(FRAMES, start=2000)):
        seq = index if index < 40 else index + 100
        if index >= DELAY and not 20 <= index < 25:
            encoder.acknowledge(seq - DELAY)
        packets.append(encoder.encode(LAYOUT.unpack(vector), seq).payload)
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
    decoder, faces, plates = FaceDecoder(tables), [], []
    for record in StreamReader(folder / "codec.vvs"):
        if record.kind == Kind.FACE:
            faces.append(LAYOUT.pack(decoder.decode(record.payload, record.frame).code))
        elif record.kind == Kind.PLATE:
            plates.append(decode_plate(record.payload))
    decoder.reset()
    packets = split_packets((folder / "codec_call.bin").read_bytes())
    call = [LAYOUT.pack(decoder.decode(packet).code) for packet in packets]
    return {"stream": digest(*faces), "plate": digest(*plates), "call": digest(*call)}


def plate_picture() -> np.ndarray:
    """A small background, uint8 (256, 256, 3)."""
    y, x = np.mgrid[:256, :256]
    return np.stack([120 + x // 4, 90 + y // 3, np.where(x > 180, 60, 140)], -1).astype(np.uint8)


def main() -> None:
    """Writes all files."""
    tables = train_tables(speaker(400), [200], steps(), LAYOUT)
    arrays = {f"codec.{name}": array for name, array in tables.to_arrays().items()}
    data = pack_identity(Identity("Golden Speaker", 1_700_000_000, {"frames": 400, "psnr": 30.5}, arrays))
    (FOLDER / "codec.visavis").write_bytes(data)
    (FOLDER / "codec_plate.bin").write_bytes(encode_plate(plate_picture()))
    write_stream(FOLDER / "codec.vvs", tables, identity_id(data), (FOLDER / "codec_plate.bin").read_bytes())
    (FOLDER / "codec_call.bin").write_bytes(call_packets(tables))
    digests = decoded_digests(tables, FOLDER)
    (FOLDER / "codec.json").write_text(json.dumps(digests, indent=1) + "\n")


if __name__ == "__main__":
    main()
