"""What an import wrote, packed small enough to be kept with it, so that it can be taken back."""

from __future__ import annotations

import zlib

import numpy as np

from metrics.calculations.rollup import Changes

_MAGIC = b"B2"
_SAMPLE = 4096


def written_pack(changes: Changes) -> bytes:
    """Keys, old and new values as bytes, compressed where that pays.

    Keys are stored as steps and values in planes of bytes of equal weight, which is what makes them small. A
    plane that a sample shows to be noise is kept as it is: compressing noise was the slowest step of a push.
    """
    steps = np.diff(changes.keys, prepend=np.int64(0)).astype("<i8")
    parts = [_MAGIC, len(changes).to_bytes(4, "little")]
    for column in (steps, changes.old.astype("<f8"), changes.new.astype("<f8")):
        for plane in column.view(np.uint8).reshape(-1, 8).T:
            parts += _plane_pack(plane.tobytes())
    return b"".join(parts)


def written_unpack(data: bytes | memoryview | None) -> Changes:
    """The inverse of `written_pack`; nothing when nothing was kept. ValueError for foreign bytes."""
    content = bytes(data or b"")
    if not content:
        return Changes(np.empty(0, np.int64), np.empty(0), np.empty(0))
    if content[:2] != _MAGIC:
        raise ValueError("These bytes are not what an import wrote.")
    count = int.from_bytes(content[2:6], "little")
    planes, place = np.empty((24, count), np.uint8), 6
    for plane in planes:
        size = int.from_bytes(content[place + 1 : place + 5], "little")
        body = content[place + 5 : place + 5 + size]
        plane[:] = np.frombuffer(zlib.decompress(body) if content[place] else body, np.uint8)
        place += 5 + size
    steps, old, new = (np.ascontiguousarray(part.T).reshape(-1) for part in planes.reshape(3, 8, count))
    return Changes(np.cumsum(steps.view("<i8")), old.view("<f8").copy(), new.view("<f8").copy())


def _plane_pack(plane: bytes) -> list[bytes]:
    sample = plane[:_SAMPLE]
    pays = len(zlib.compress(sample, 1)) < 0.8 * len(sample) + 16
    body = zlib.compress(plane, 1) if pays else plane
    return [bytes([pays]), len(body).to_bytes(4, "little"), body]
