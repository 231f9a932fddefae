"""The weekly test of beliefs: what metric and goal say about each, kept for ever, stated once a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from metrics.analysis.link import METHOD_VERSION
from strategy.calculations.series_pack import series_unpack
from strategy.calculations.testing import cases_test, verdict_again
from strategy.models import Mapping, MappingVerdict
from strategy.selectors.testing import Believed, beliefs_to_test, cases_of
from strategy.services.verdict_news import verdict_changes_tell
from teams.models import Organisation, Product
from teams.selectors import organisation_get

# One seed for ever: a verdict moves with figures, never with luck.
SEED = 1


@dataclass
class TestSummary:
    """What a run did: beliefs looked at, verdicts added and stated, stated ones that changed, and those kept as they were."""

    __test__ = False  # not a test class, whatever its name looks like

    beliefs: int = 0
    tested: int = 0
    stated: int = 0
    changed: int = 0
    unchanged: int = 0

    def add(self, other: TestSummary) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def mappings_test(*, now: datetime, product: Product | None = None, again: bool = False) -> TestSummary:
    """Tests every belief that holds at `now` (of `product`, or of all that are not archived), a product at a time.

    One verdict a wording and ISO week: a second run in the week adds only what is missing. `again` adds a further
    revision to all, after figures were mended; nothing is ever overwritten. Only figures dated up to `now` are read,
    so a past moment gives what would have been said then. A belief's verdict is stated by the first run of a calendar
    month, and when none is stated yet, its direction or lag is worded anew, or its goal is judged on another metric.
    """
    organisation = organisation_get()
    today = organisation.today(now)
    products = [product] if product is not None else list(Product.objects.active().order_by("pk"))
    summary = TestSummary()
    for one in products:
        summary.add(_product_test(one, organisation, today, now, again=again))
    return summary


def _product_test(
    product: Product, organisation: Organisation, today: date, now: datetime, *, again: bool
) -> TestSummary:
    week = today - timedelta(days=today.weekday())
    beliefs = beliefs_to_test(product=product, today=today)
    wanted = beliefs if again else _untested(beliefs, week)
    summary = TestSummary(beliefs=len(beliefs), unchanged=len(beliefs) - len(wanted))
    if not wanted:
        return summary
    # The family is all that is believed, also when only one belief still lacks its verdict.
    testable = [belief for belief in beliefs if not belief.is_arithmetic]
    cases = cases_of(testable, product=product, organisation=organisation, today=today)
    answers = dict(zip((belief.wording.pk for belief in testable), cases_test(cases, seed=SEED), strict=True))
    summary.add(_store(wanted, answers, organisation, week, now, again=again))
    return summary


def _untested(beliefs: Sequence[Believed], week: date) -> list[Believed]:
    known = set(
        MappingVerdict.objects.filter(
            week=week, mapping_version__in=[belief.wording.pk for belief in beliefs]
        ).values_list("mapping_version_id", flat=True)
    )
    return [belief for belief in beliefs if belief.wording.pk not in known]


@transaction.atomic
def _store(
    beliefs: Sequence[Believed],
    answers: dict[int, dict[str, Any]],
    organisation: Organisation,
    week: date,
    now: datetime,
    *,
    again: bool,
) -> TestSummary:
    """Adds the verdicts. The locks make a second worker wait, and then find everything there."""
    locked = Mapping.objects.select_for_update().filter(pk__in=[belief.mapping.pk for belief in beliefs])
    stated_now = dict(locked.order_by("pk").values_list("pk", "stated_verdict_id"))
    stated = {
        row.mapping_id: row
        for row in MappingVerdict.objects.filter(pk__in=[pk for pk in stated_now.values() if pk])
        .select_related("mapping_version")
        .defer("series", "facts")
    }
    revisions = _revisions(beliefs, week)
    rows = []
    for belief in beliefs:
        if belief.mapping.pk not in stated_now or (belief.wording.pk in revisions and not again):
            continue
        fields = answers.get(belief.wording.pk) or _arithmetic(belief, organisation)
        rows.append(
            MappingVerdict(
                mapping=belief.mapping,
                mapping_version=belief.wording,
                goal_metric=belief.impact,
                week=week,
                revision=revisions.get(belief.wording.pk, 0) + 1,
                tested_at=now,
                stated=_is_stated(belief, stated.get(belief.mapping.pk), organisation, now),
                **fields,
            )
        )
    MappingVerdict.objects.bulk_create(rows, batch_size=200)
    for row in rows:
        row.mapping.newest_verdict = row
        if row.stated:
            row.mapping.stated_verdict = row
    Mapping.objects.bulk_update(
        [row.mapping for row in rows], ["newest_verdict", "stated_verdict"], batch_size=200
    )
    changed = verdict_changes_tell(
        [(row, before) for row in rows if row.stated and (before := stated.get(row.mapping_id)) is not None],
        now=now,
        organisation=organisation,
    )
    return TestSummary(tested=len(rows), stated=sum(row.stated for row in rows), changed=changed)


def _revisions(beliefs: Sequence[Believed], week: date) -> dict[int, int]:
    """The newest revision of this week's verdict, by wording."""
    rows = MappingVerdict.objects.filter(
        week=week, mapping_version__in=[belief.wording.pk for belief in beliefs]
    )
    return dict(rows.order_by().values_list("mapping_version_id").annotate(newest=Max("revision")))


def _is_stated(
    belief: Believed, before: MappingVerdict | None, organisation: Organisation, now: datetime
) -> bool:
    """Whether the verdict of this run is the one that pages state: looking every week raises false alarms."""
    if before is None:
        return True
    last, today = organisation.today(before.tested_at), organisation.today(now)
    if (last.year, last.month) != (today.year, today.month) or before.week == today - timedelta(
        days=today.weekday()
    ):
        return True
    old, new = before.mapping_version, belief.wording
    claimed = (old.direction, old.lag_weeks, before.goal_metric_id)
    return claimed != (new.direction, new.lag_weeks, belief.impact.pk)


def _arithmetic(belief: Believed, organisation: Organisation) -> dict[str, Any]:
    """The verdict on a belief that there is nothing to test about."""
    return {
        "verdict": MappingVerdict.Verdict.UNTESTED,
        "arithmetic": True,
        "frequency": belief.calendar,
        "smallest_link": organisation.smallest_link,
        "method": METHOD_VERSION,
        "seed": SEED,
    }


def verdict_reproduce(*, verdict: MappingVerdict) -> dict[str, tuple[Any, Any]]:
    """Computes a stored verdict again from its own series; returns what differs, by field: (stored, now).

    Empty: the same answer. Raises ValueError when the method has changed since, or nothing was tested.
    """
    if verdict.arithmetic:
        raise ValueError("Nothing was tested: metric and goal are computed from the same figures.")
    if verdict.method != METHOD_VERSION:
        raise ValueError(
            f"The verdict was made by method {verdict.method}; this version has {METHOD_VERSION}."
        )
    series = series_unpack(verdict.series)
    answer = verdict_again(
        series,
        frequency=verdict.frequency,
        lags=verdict.lags,
        seed=verdict.seed,
        sign=1 if verdict.mapping_version.direction == "+" else -1,
        p_adjusted=verdict.p_adjusted,
        smallest_link=verdict.smallest_link,
    )
    return {
        name: (getattr(verdict, name), value)
        for name, value in answer.items()
        if getattr(verdict, name) != value
    }
