"""Values on the command line that more than one command takes."""

from __future__ import annotations

import argparse
import re

BACKENDS = ("auto", "cpu", "cuda", "reference")

SIZE_RANGE = (16, 2048)
"""Smallest and largest side of a picture, pixels: what the renderers accept."""


def frame_range(text: str) -> tuple[int, int]:
    """`A:B` as the half-open range (A, B)."""
    match = re.fullmatch(r"(\d{1,9}):(\d{1,9})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{text}' is no range of frames, write A:B, for example 0:250")
    first, end = int(match[1]), int(match[2])
    if end <= first:
        raise argparse.ArgumentTypeError(f"'{text}' holds no frames: B must be above A")
    return first, end


def picture_size(text: str) -> tuple[int, int]:
    """`WxH`, or `N` for N by N, as (width, height)."""
    match = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{text}' is no picture size, write WxH, for example 512x512")
    width = int(match[1])
    height = int(match[2] or width)
    low, high = SIZE_RANGE
    if not (low <= width <= high and low <= height <= high):
        raise argparse.ArgumentTypeError(f"'{text}' is out of range: each side is {low} to {high} pixels")
    return width, height


def picture_sizes(text: str) -> tuple[tuple[int, int], ...]:
    """`A,B,...` as picture sizes, each written as for `picture_size`."""
    return tuple(picture_size(part) for part in text.split(","))


def square_size(text: str) -> int:
    """The side of a square picture in pixels."""
    width, height = picture_size(text)
    if width != height:
        raise argparse.ArgumentTypeError(f"'{text}' is not square")
    return width


def positive(text: str) -> float:
    """A number above nought."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return value


def share(text: str) -> float:
    """A probability given as 0 to 1, or in per cent with a % sign."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no share, write 0.1 or 10%")
    return value


def timed_rates(text: str) -> tuple[tuple[float, float], ...]:
    """`S:KBPS,...` as pairs of a second and the rate from then on."""
    pairs = [part.partition(":") for part in text.split(",")]
    if not all(colon for _, colon, _ in pairs):
        raise argparse.ArgumentTypeError(f"'{text}' is no course of rates, write S:KBPS,..., for example 10:150,20:400")
    return tuple((not_negative(second), positive(kbps)) for second, _, kbps in pairs)


def not_negative(text: str) -> float:
    """A number of at least nought."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of at least 0")
    return value


def thread_count(text: str) -> int:
    """A number of threads."""
    if not re.fullmatch(r"\d{1,4}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of threads")
    return int(text)


def add_output_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that every command has."""
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line of standard output")
    parser.add_argument("--verbose", action="store_true", help="on an error, show where it came from")
