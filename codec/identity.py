"""Identity files (``.visavis``): everything a receiver needs to render one person.

A bounded JSON header, then one compressed block per array, then a SHA-256 of all that. Nothing is unpickled, and every
size is checked before anything is allocated for it. Format: BITSTREAM.md, "Identity file".
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

MAGIC = b"VVID"
VERSION = 1
"""Version of the identity file; readers refuse others."""

MAX_FILE = 64 << 20
"""Largest identity file in bytes; the shipped sizes are 0.4 to 3 MB."""

MAX_DECOMPRESSED = 64 << 20
"""Most bytes that all arrays together may take."""

MAX_HEADER = 1 << 20
"""Most bytes of JSON header."""

MAX_ARRAYS = 256
MAX_DIMENSIONS = 5
MAX_DEPTH = 8
"""Deepest nesting of a meta value: lists and dicts of scalars, not structures to exhaust a parser with."""

ID_BYTES = 16
"""Length of an identity's id, the first half of a SHA-256: beyond chance and beyond forging a second file for it."""

DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(name).newbyteorder("<")
    for name in ("float32", "float16", "int8", "uint8", "int16", "uint16", "int32")
}

_PREFIX = struct.Struct("<4sHHI")  # magic, version, reserved, header bytes
_DIGEST = 32
_ARRAY_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_MAX_NAME = 100
_LEVEL = 19  # writing happens once per enrolment, and a megabyte takes half a second at 19


@dataclass(frozen=True, slots=True)
class Identity:
    """One enrolled person.

    Attributes:
        name: what the person is shown as, 1 to 100 printable characters.
        created_s: time of enrolment, seconds since 1970.
        meta: JSON scalars, lists and dicts of them; floats must be finite.
        arrays: the model's arrays by dotted lower-case name ("codec.steps"); dtypes of ``DTYPES``, at most
            ``MAX_DIMENSIONS`` dimensions, together at most ``MAX_DECOMPRESSED`` bytes.
    """

    name: str
    created_s: int
    meta: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def part(self, prefix: str) -> dict[str, NDArray[Any]]:
        """The arrays whose name starts with ``prefix`` and a dot, without both."""
        return {name[len(prefix) + 1 :]: array for name, array in self.arrays.items() if name.startswith(prefix + ".")}


def pack_identity(identity: Identity) -> bytes:
    """Serialises an identity; the same identity gives the same bytes.

    Raises:
        ValueError: if a name, dtype, size or meta value is outside what the format carries.
    """
    _check_name(identity.name)
    _check_meta(identity.meta, 0)
    if len(identity.arrays) > MAX_ARRAYS:
        raise ValueError(f"an identity holds at most {MAX_ARRAYS} arrays, not {len(identity.arrays)}")
    entries, blocks, total = [], [], 0
    for name in sorted(identity.arrays):
        array = np.asarray(identity.arrays[name])
        _check_array(name, array.dtype.name, array.shape)
        total += array.nbytes
        block = _compress(array)
        entries.append([name, array.dtype.name, list(array.shape), len(block)])
        blocks.append(block)
    if total > MAX_DECOMPRESSED:
        raise ValueError(f"arrays of {total} bytes exceed {MAX_DECOMPRESSED}")
    header = {
        "name": identity.name,
        "created_s": int(identity.created_s),
        "meta": dict(identity.meta),
        "arrays": entries,
    }
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    if len(text) > MAX_HEADER:
        raise ValueError(f"a header of {len(text)} bytes exceeds {MAX_HEADER}")
    body = b"".join([_PREFIX.pack(MAGIC, VERSION, 0, len(text)), text, *blocks])
    if len(body) + _DIGEST > MAX_FILE:
        raise ValueError(f"an identity of {len(body)} bytes exceeds {MAX_FILE}")
    return body + hashlib.sha256(body).digest()


def unpack_identity(data: bytes) -> Identity:
    """Reads an identity from bytes of anybody.

    Args:
        data: a whole identity file.

    Raises:
        ValueError: if it is no intact identity, or declares more than the limits allow.
    """
    if len(data) > MAX_FILE:
        raise ValueError(f"an identity of {len(data)} bytes exceeds {MAX_FILE}")
    if len(data) < _PREFIX.size + _DIGEST or data[: len(MAGIC)] != MAGIC:
        raise ValueError("not a Visavis identity")
    _, version, reserved, header_bytes = _PREFIX.unpack_from(data)
    if version != VERSION or reserved:
        raise ValueError(f"identity of version {version}, this program reads version {VERSION}")
    end = len(data) - _DIGEST
    if hashlib.sha256(memoryview(data)[:end]).digest() != data[end:]:
        raise ValueError("damaged or truncated identity (checksum)")
    start = _PREFIX.size + header_bytes
    if header_bytes > MAX_HEADER or start > end:
        raise ValueError("identity header exceeds the file")
    return _read_body(_parse_header(data[_PREFIX.size : start]), memoryview(data)[start:end])


def _read_body(header: dict[str, Any], body: memoryview) -> Identity:
    entries = [_check_entry(entry) for entry in header["arrays"]]
    if sum(dtype.itemsize * math.prod(shape) for _, dtype, shape, _ in entries) > MAX_DECOMPRESSED:
        raise ValueError(f"identity declares more than {MAX_DECOMPRESSED} bytes of arrays")
    if sum(size for *_, size in entries) != len(body):
        raise ValueError("identity declares other sizes than it holds")
    arrays: dict[str, NDArray[Any]] = {}
    for name, dtype, shape, size in entries:
        if name in arrays:
            raise ValueError(f"identity holds array {name} twice")
        arrays[name] = _decompress(body[:size], dtype, shape)
        body = body[size:]
    return Identity(header["name"], header["created_s"], header["meta"], arrays)


def _parse_header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise ValueError("identity header is not JSON") from None
    fields = {"name": str, "created_s": int, "meta": dict, "arrays": list}
    if not isinstance(header, dict) or any(not isinstance(header.get(key), kind) for key, kind in fields.items()):
        raise ValueError("identity header lacks a field")
    if len(header["arrays"]) > MAX_ARRAYS or not 0 <= header["created_s"] < 1 << 40:
        raise ValueError("identity header holds a value out of range")
    _check_name(header["name"])
    _check_meta(header["meta"], 0)
    return header


def _check_entry(entry: Any) -> tuple[str, np.dtype[Any], tuple[int, ...], int]:
    if not isinstance(entry, list) or len(entry) != 4:
        raise ValueError("identity header holds a malformed array entry")
    name, dtype, shape, size = entry
    lengths = [*shape, size] if isinstance(shape, list) else [None]
    if any(type(length) is not int or not 0 <= length <= MAX_DECOMPRESSED for length in lengths):
        raise ValueError("identity header holds a malformed array entry")
    if not isinstance(name, str) or not isinstance(dtype, str):
        raise ValueError("identity header holds a malformed array entry")
    _check_array(name, dtype, tuple(shape))
    return name, DTYPES[dtype], tuple(shape), size


def _check_array(name: str, dtype: str, shape: tuple[int, ...]) -> None:
    if len(name) > _MAX_NAME or not _ARRAY_NAME.fullmatch(name):
        raise ValueError(f"not an array name: {name[:_MAX_NAME]!r}")
    if dtype not in DTYPES:
        raise ValueError(f"array {name} is of type {dtype[:_MAX_NAME]!r}; allowed are {', '.join(DTYPES)}")
    if len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"array {name} has {len(shape)} dimensions, more than {MAX_DIMENSIONS}")


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise ValueError(f"a person's name must be 1 to {_MAX_NAME} printable characters")


def _check_meta(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"meta values nest deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("meta keys must be strings")
        for item in value.values():
            _check_meta(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_meta(item, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("meta numbers must be finite")
    elif value is not None and not isinstance(value, str | int):
        raise ValueError(f"meta cannot hold a {type(value).__name__}")


def _compress(array: NDArray[Any]) -> bytes:
    raw = np.ascontiguousarray(array, dtype=DTYPES[array.dtype.name])
    planes = np.frombuffer(raw.tobytes(), np.uint8).reshape(-1, raw.itemsize).T  # shuffled: like bytes together
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(planes.tobytes())


def _decompress(block: memoryview, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    size = dtype.itemsize * math.prod(shape)
    try:
        # The declared content size is what zstandard allocates, so it must be the one the header was checked for.
        if zstandard.frame_content_size(block) != size:
            raise ValueError("identity holds a block of another size than declared")
        plain = zstandard.ZstdDecompressor().decompress(block, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError:
        raise ValueError("identity holds a damaged block") from None
    if len(plain) != size:
        raise ValueError("identity holds a block of another size than declared")
    planes = np.frombuffer(plain, np.uint8).reshape(dtype.itemsize, -1).T
    array = np.frombuffer(planes.tobytes(), dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="))  # a writable copy in the machine's own order


def identity_id(data: bytes) -> bytes:
    """The id of a packed identity, by which streams and calls name it: 16 bytes of its SHA-256."""
    return hashlib.sha256(data).digest()[:ID_BYTES]


def read_identity_bytes(path: str | os.PathLike[str]) -> bytes:
    """Reads an identity file whole, refusing files beyond ``MAX_FILE`` before reading them.

    Raises:
        ValueError: if there is no such readable file, or it is too large.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ValueError(f"cannot read identity {os.fspath(path)}: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise ValueError(f"identity {os.fspath(path)} exceeds {MAX_FILE} bytes")
    return data


def read_identity(path: str | os.PathLike[str]) -> Identity:
    """Reads an identity file.

    Raises:
        ValueError: if there is no such file or it is no intact identity.
    """
    return unpack_identity(read_identity_bytes(path))


def write_identity(path: str | os.PathLike[str], identity: Identity) -> bytes:
    """Writes an identity so that the file is either the old one or the whole new one, never half.

    Args:
        path: the file to write, ``*.visavis``.
        identity: what to write.

    Returns:
        The bytes written, for :func:`identity_id`.

    Raises:
        ValueError: if the identity is outside the format's limits.
        OSError: if the file cannot be written.
    """
    data = pack_identity(identity)
    target = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=target.name + ".", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return data
