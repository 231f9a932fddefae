"""How long the weekly test of 1,000 beliefs takes, from 2,000 metrics × 3 years of daily figures.

    DATABASE_URL=postgres://… python bench/weekly.py [--mappings 1000] [--years 3]

Makes a database of its own beside the one named, fills it as bench/evaluate.py does, tests twice and drops it. Fails when
the first run takes 30 s or more, when a verdict is missing, or when the second run adds one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import date, timedelta

from _common import ROOT
from evaluate import NOW, world_make

LIMIT_SECONDS = 30.0


def beliefs_halve() -> int:
    """Ends every second belief, so that each that is left has two metrics of its own; returns how many are left."""
    from django.db.models import F
    from django.db.models.functions import Mod

    from strategy.models import Mapping

    Mapping.objects.annotate(odd=Mod(F("pk"), 2)).filter(odd=1).update(active_until=NOW.date())
    return Mapping.objects.active().count()


def main() -> int:
    """Runs the bench; 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mappings", type=int, default=1000)
    parser.add_argument("--years", type=int, default=3)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        from strategy.models import MappingVerdict
        from strategy.services import mappings_test

        days = (NOW.date() - date(NOW.year - options.years, NOW.month, NOW.day)).days + 1
        world_make(2 * options.mappings, days)
        beliefs = beliefs_halve()
        before = time.perf_counter()
        first = mappings_test(now=NOW)
        between = time.perf_counter()
        second = mappings_test(now=NOW + timedelta(hours=1))
        after = time.perf_counter()
        stored = MappingVerdict.objects.count()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print(f"{connection.vendor}: {beliefs} beliefs, {2 * options.mappings * days:,} figures")
    print(f"first run  {between - before:6.2f} s  {first.as_dict()}")
    print(f"second run {after - between:6.2f} s  {second.as_dict()}")
    holds = stored == beliefs and not second.tested and between - before < LIMIT_SECONDS
    print(
        "holds" if holds else f"does not hold: under {LIMIT_SECONDS:g} s, all tested, second run adds nothing"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
