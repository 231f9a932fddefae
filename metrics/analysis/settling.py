"""How many more periods an inconclusive verdict should take to settle, given what is seen so far."""

from __future__ import annotations

import numpy as np
from scipy import special

from .algebra import Floats
from .result import LinkResult

# Two years; what takes longer is better settled by an experiment.
LONGEST_WAIT = {"weekly": 104, "monthly": 24, "quarterly": 8}
SETTLED_CHANCE = 0.80
# Before the data: links are normal around 0 with this deviation, on Fisher's scale.
PRIOR_SPREAD = 0.30
_ONE_SIDED = 1.645


def periods_to_settle(link: LinkResult, sign: Floats, smallest_link: Floats) -> Floats:
    """The least number of further periods after which the chance to be settled is 80 %; inf beyond two years.

    A normal posterior (any text on Bayesian statistics) for the best lag in the believed direction, from a prior
    N(0, 0.30²) on Fisher's scale and the present score; settled means found, or ruled out as too small.
    """
    if not len(link):
        return np.zeros(0)
    df = np.maximum(link.df - 1, 4.0)[:, None]
    best = np.maximum(sign[:, None] * link.z_own_form, sign[:, None] * link.z_noise_form).max(axis=1)[:, None]
    more = np.arange(1, LONGEST_WAIT[link.frequency] + 1)[None]
    uncertain = 1 / (df + 1 / PRIOR_SPREAD**2)
    expected = best * np.sqrt(df) * uncertain
    total = df + more
    centre = (np.sqrt(df) * best + more * expected) / np.sqrt(total)
    spread = np.sqrt((more + more**2 * uncertain) / total)
    found = special.ndtr((centre - link.critical[:, None]) / spread)
    limit = np.arctanh(smallest_link)[:, None] * np.sqrt(total) - _ONE_SIDED
    ruled_out = special.ndtr((limit - centre) / spread)
    settled = found + ruled_out >= SETTLED_CHANCE
    wait: Floats = np.where(settled.any(axis=1), settled.argmax(axis=1) + 1.0, np.inf)
    return wait
