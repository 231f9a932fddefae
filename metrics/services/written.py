"""What an import wrote, packed small enough to be kept with it, so that it can be taken back."""

from __future__ import annotations

import zlib

import numpy as np

from metrics.calculations.rollup import Changes

_MAGIC = b"B1"


def written_pack(changes: Changes) -> bytes:
    """Keys, old and new values as compressed bytes.

    Keys are stored as steps and values byte by byte of equal weight, which is what makes them small.
    """
    steps = np.diff(changes.keys, prepend=np.int64(0)).astype("<i8")
    body = b"".join(
        _planes(column) for column in (steps, changes.old.astype("<f8"), changes.new.astype("<f8"))
    )
    return _MAGIC + len(changes).to_bytes(4, "little") + zlib.compress(body, 1)


def written_unpack(data: bytes | memoryview | None) -> Changes:
    """The inverse of `written_pack`; nothing when nothing was kept. ValueError for foreign bytes."""
    content = bytes(data or b"")
    if not content:
        return Changes(np.empty(0, np.int64), np.empty(0), np.empty(0))
    if content[:2] != _MAGIC:
        raise ValueError("These bytes are not what an import wrote.")
    count = int.from_bytes(content[2:6], "little")
    body = np.frombuffer(zlib.decompress(content[6:]), np.uint8).reshape(3, 8, count)
    steps, old, new = (np.ascontiguousarray(plane.T).reshape(-1) for plane in body)
    return Changes(np.cumsum(steps.view("<i8")), old.view("<f8").copy(), new.view("<f8").copy())


def _planes(column: np.ndarray) -> bytes:
    return column.view(np.uint8).reshape(-1, 8).T.tobytes()
