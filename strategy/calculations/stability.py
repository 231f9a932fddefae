"""Whether a result rests on the whole history or on one part of it. A description, not a test: nothing is decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 12  # pairs in a half; fewer show luck
FRACTION = 1 / 3  # a half whose association is below this share of the other's carries little of the result


@dataclass(frozen=True)
class Halves:
    """The association within the earlier and the later half of the compared pairs, and how many pairs each has."""

    first: float
    first_count: int
    second: float
    second_count: int

    @property
    def is_lopsided(self) -> bool:
        """Whether one half carries nearly all of it, or both point in different directions."""
        weak, strong = sorted((abs(self.first), abs(self.second)))
        return self.first * self.second < 0 or weak < FRACTION * strong


def halves_of(pairs: Sequence[tuple[float, float]]) -> Halves | None:
    """Both halves of the pairs of surprises, oldest first; None where a half has too few or does not vary."""
    middle = len(pairs) // 2
    if middle < LEAST:
        return None
    parts = pairs[:middle], pairs[middle:]
    first, second = (association(part) for part in parts)
    if first is None or second is None:
        return None
    return Halves(first, len(parts[0]), second, len(parts[1]))


def association(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's correlation of the pairs; None where one side does not vary."""
    count = len(pairs)
    if not count:
        return None
    mean_x = math.fsum(x for x, _ in pairs) / count
    mean_y = math.fsum(y for _, y in pairs) / count
    together = math.fsum((x - mean_x) * (y - mean_y) for x, y in pairs)
    spread = math.sqrt(
        math.fsum((x - mean_x) ** 2 for x, _ in pairs) * math.fsum((y - mean_y) ** 2 for _, y in pairs)
    )
    return together / spread if spread > 0 else None
