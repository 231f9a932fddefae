"""Rows are read by statements of our own: they say what the models say, and are remembered only while nothing changes."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from common.quarters import FiscalCalendar, Quarter
from metrics.models import Metric, MetricQuarter
from metrics.selectors import MetricFacts, metric_quarters_read
from strategy.content import TargetContent
from strategy.models import (
    Forecast,
    Goal,
    GoalTarget,
    GoalVersion,
    Mapping,
    MappingVerdict,
    MappingVersion,
    QuarterResult,
)
from strategy.selectors import goal_rows
from strategy.selectors.outlooks import outlook_of, with_outlooks
from strategy.selectors.row_facts import (
    RESULT_FIELDS,
    TARGET_FIELDS,
    BeliefFact,
    GoalFacts,
    ResultFact,
    RowFacts,
    VersionFacts,
    row_facts_read,
)
from strategy.selectors.rows import Moment
from strategy.selectors.versions import version_on
from teams.models import Product, User
from teams.selectors import organisation_get

pytestmark = pytest.mark.django_db
STATES = ["draft", "active", "retired"]


def strip_of(today: date) -> list[Quarter]:
    quarter = FiscalCalendar().quarter_of(today)
    return list(quarter.shift(-7).until(quarter))


def some(chance: random.Random, figure: float) -> float | None:
    return None if chance.random() < 0.2 else figure


def verdict_state(belief: Mapping, owner: User, now: Any, code: str) -> None:
    """Gives the belief a stated verdict."""
    wording, _made = MappingVersion.objects.get_or_create(
        mapping=belief,
        number=1,
        defaults={"effective_from": belief.active_from, "belief": "So.", "owner": owner},
    )
    belief.stated_verdict, _made = MappingVerdict.objects.update_or_create(
        mapping=belief,
        mapping_version=wording,
        week=belief.active_from,
        defaults={
            "goal_metric": belief.metric,
            "tested_at": now,
            "stated": True,
            "verdict": code,
            "reason": "opposite" if code == "contradicted" else "",
            "frequency": "weekly",
        },
    )
    belief.save()


def forecast_make(goal: Goal, quarter: Quarter, made_on: date, now: Any, chance: float | None) -> Forecast:
    """A forecast of the goal's version in force."""
    Forecast.objects.filter(goal=goal).delete()
    version = version_on(goal.versions.all(), made_on)
    return Forecast.objects.create(
        product=goal.product,
        goal=goal,
        goal_version=version,
        metric=version.metric,
        quarter_start=quarter.start,
        quarter_end=quarter.end,
        made_on=made_on,
        made_at=now,
        direction=version.direction,
        aim=0.1 + 0.2,
        chance=chance,
        lack="" if chance is not None else "history",
        low=0.25,
        high=0.75,
        kind="last",
        frequency="weekly",
        method="test",
    )


class World:
    """A product of goals in every state, with planned versions, bands, ratios, archived metrics and gaps."""

    def __init__(self, product: Product, owner: User, now: Any, today: date, seed: int) -> None:
        self.chance = random.Random(seed)
        self.product, self.owner, self.now, self.today = product, owner, now, today
        self.other = User.objects.create_user(f"nameless-{seed}@example.com", "a long password")
        self.quarters = list(strip_of(today)[0].shift(-3).until(strip_of(today)[-1].shift(2)))
        plain = [self.metric(number) for number in range(8)]
        self.metrics = plain + [self.metric(8 + number, *self.chance.sample(plain, 2)) for number in range(3)]
        for number in range(10):
            self.goal(number)

    def metric(self, number: int, *parts: Metric) -> Metric:
        metric = Metric.objects.create(
            product=self.product,
            key=f"generated-{number}",
            name=f"Generated {number}",
            unit=self.chance.choice(["%", "", "days"]) if not parts else "",
            decimals=self.chance.randrange(3),
            direction=self.chance.choice(Metric.Direction.values),
            aggregation=self.chance.choice(Metric.Aggregation.values),
            frequency=self.chance.choice(Metric.Frequency.values),
            numerator=parts[0] if parts else None,
            denominator=parts[1] if parts else None,
            archived_at=self.now if self.chance.random() < 0.2 else None,
        )
        for quarter in [] if parts else self.quarters[:-2]:
            if self.chance.random() < 0.7:
                value = self.chance.choice([0.1 + 0.2, 1e22, -3.5, 0.0, self.chance.uniform(-9, 9)])
                MetricQuarter.objects.create(
                    metric=metric,
                    quarter_start=quarter.start,
                    quarter_end=quarter.end,
                    n=3,
                    total=3 * value,
                    minimum=value - 1,
                    maximum=value + 1,
                    last_date=quarter.start + timedelta(days=self.chance.randrange(80)),
                    last_value=value,
                )
        return metric

    def goal(self, number: int) -> None:
        state = self.chance.choice(STATES)
        goal = Goal.objects.create(
            product=self.product,
            slug=f"generated-{number}",
            state=state,
            activated_at=None if state == "draft" else self.now,
            streak_from=self.chance.choice([None, self.quarters[6].start]),
        )
        # The first may begin only tomorrow; two may begin on one day.
        days = sorted(
            self.today + timedelta(days=self.chance.choice([-400, -90, 0, 1, 40]))
            for _ in range(self.chance.randint(1, 4))
        )
        for place, day in enumerate(days, start=1):
            self.version(goal, place, day)
        for quarter in self.quarters[:-2]:
            self.results(goal, quarter, corrected=self.chance.random() < 0.3)
        if self.chance.random() < 0.8:
            self.forecast(goal)
        for metric in self.chance.sample(self.metrics, self.chance.randrange(4)):
            until = self.chance.choice([None, None, self.today])
            belief = Mapping.objects.create(
                goal=goal, metric=metric, active_from=self.quarters[0].start, active_until=until
            )
            if self.chance.random() < 0.5:
                verdict_state(belief, self.owner, self.now, self.chance.choice(MappingVerdict.Verdict.values))

    def forecast(self, goal: Goal) -> None:
        """The newest forecast: of this quarter or the one before, fresh, a week old, or of a day to come."""
        quarter = self.chance.choice([*self.quarters[-4:-2], self.quarters[-3]])
        made_on = self.today - timedelta(days=self.chance.choice([0, 6, 7, -1]))
        forecast_make(goal, quarter, made_on, self.now, some(self.chance, 0.62))

    def results(self, goal: Goal, quarter: Quarter, *, corrected: bool) -> None:
        """The quarter's result, or an older one and its correction; some quarters have none in force."""
        for revision in (1, 2) if corrected else (1,):
            superseded = self.chance.random() < 0.1 or (corrected and revision == 1)
            QuarterResult.objects.create(
                goal=goal,
                goal_version=goal.versions.get(number=1),
                quarter_start=quarter.start,
                quarter_end=quarter.end,
                revision=revision,
                verdict=self.chance.choice(QuarterResult.Verdict.values),
                actual=some(self.chance, 0.1 + 0.2),
                target=some(self.chance, 5.0),
                target_low=some(self.chance, 1.0),
                target_high=some(self.chance, 2.0),
                case=self.chance.choice(QuarterResult.Case.values),
                streak=self.chance.randrange(4),
                missed_recently=self.chance.randrange(4),
                provisional=self.chance.random() < 0.5,
                evaluated_at=self.now,
                superseded_at=self.now if superseded else None,
            )

    def version(self, goal: Goal, number: int, day: date) -> None:
        direction = self.chance.choice(GoalVersion.Direction.values)
        version = GoalVersion.objects.create(
            goal=goal,
            number=number,
            effective_from=day,
            title=f"Version {number} of {goal.slug}",
            bet="Because.",
            owner=self.chance.choice([self.owner, self.other]),
            metric=self.chance.choice(self.metrics),
            direction=direction,
            baseline=self.chance.uniform(-5, 5),
            tolerance=self.chance.choice([0.0, 0.5]),
            horizon=self.chance.choice(GoalVersion.Horizon.values),
        )
        band = {"low": 1.0, "high": 4.0} if direction == "band" else {"value": 0.1 + 0.2}
        for quarter in self.quarters:
            if self.chance.random() < 0.6:
                GoalTarget.objects.create(
                    goal_version=version, quarter_start=quarter.start, quarter_end=quarter.end, **band
                )


def by_models(goal: Goal, today: date) -> RowFacts:
    """The same facts through the models."""
    strip = strip_of(today)
    quarter = strip[-1]
    versions = with_outlooks(goal.versions.select_related("owner", "metric"), quarter=quarter, today=today)
    version = version_on(versions, today)
    metric = version.metric
    figures = metric_quarters_read(metrics=[metric], quarters=strip)
    results = goal.results.current().filter(quarter_end__gt=strip[0].start).order_by("quarter_start")
    return RowFacts(
        goal=GoalFacts(goal.pk, goal.slug, goal.state, goal.streak_from),
        version=VersionFacts(
            *(version.pk, version.title, version.direction, version.baseline, version.tolerance),
            *(version.horizon, version.owner_id, str(version.owner)),
        ),
        metric=MetricFacts(
            *(metric.pk, metric.key, metric.name, metric.unit, metric.decimals, metric.direction),
            *(metric.aggregation, metric.frequency, metric.numerator_id, metric.denominator_id),
        ),
        targets=tuple(
            TargetContent(*row)
            for row in version.targets.order_by("quarter_start").values_list(*TARGET_FIELDS)
        ),
        results=tuple(ResultFact(*row) for row in results.values_list(*RESULT_FIELDS)),
        beliefs=tuple(
            BeliefFact(*row)
            for row in goal.mappings.active()
            .values_list("pk", "metric_id", "stated_verdict__verdict")
            .order_by("pk")
        ),
        values=tuple(figures.values[metric.pk, quarter.start] for quarter in strip),
        newest=figures.newest.get(metric.pk),
        outlook=outlook_of(version),
    )


@pytest.mark.parametrize("with_metrics", [0, 100])
@pytest.mark.parametrize("seed", range(6))
def test_what_is_read_is_what_the_models_say(
    product: Product, alice: User, now: Any, today: date, seed: int, with_metrics: int
) -> None:
    World(product, alice, now, today, seed)

    for states in (STATES[:1], STATES[1:], STATES):
        found = row_facts_read(
            product_id=product.pk,
            states=states,
            today=today,
            quarters=strip_of(today),
            metrics_up_to=with_metrics,
        )
        goals = Goal.objects.filter(product=product, state__in=states).order_by("pk")

        assert [read.facts(strip_of(today)) for read in found.rows] == [
            by_models(goal, today) for goal in goals
        ]
        believed = Metric.objects.filter(
            pk__in=Mapping.objects.active().filter(goal__in=goals).values("metric")
        )
        assert {(pk, item.name) for pk, item in found.metrics.items()} == (
            {(metric.pk, metric.name) for metric in believed} if with_metrics else set()
        )


def test_a_goal_of_another_product_is_not_read(product: Product, alice: User, now: Any, today: date) -> None:
    World(product, alice, now, today, 1)
    other = Product.objects.create(name="Other", slug="other")

    assert goal_rows(product=other, today=today, states=STATES) == []


def changes(world: World) -> dict[str, Any]:
    """One change to each table that a row is read from."""
    goal = Goal.objects.filter(product=world.product, state="active").first()
    assert goal is not None
    version = version_on(goal.versions.all(), world.today)
    open_quarter = strip_of(world.today)[-1]
    fields = {"quarter_start": open_quarter.start, "quarter_end": open_quarter.end}
    value = {"low": 71.0, "high": 72.0} if version.direction == "band" else {"value": 71.0}
    empty = {"value": None, "low": None, "high": None}
    figure = version.metric.numerator_id or version.metric_id
    closed = strip_of(world.today)[-2]
    judged = {
        "goal_version": version,
        "revision": 9,
        "quarter_end": closed.end,
        "verdict": "met",
        "actual": 71.25,
        "evaluated_at": world.now,
    }
    belief = goal.mappings.active().first()
    if belief is None:
        belief = Mapping.objects.create(goal=goal, metric=world.metrics[0], active_from=world.today)
    stated = belief.stated_verdict
    told = "inconclusive" if stated is None or stated.verdict != "inconclusive" else "supported"
    spare = next(m for m in world.metrics if not goal.mappings.filter(metric=m).exists())
    return {
        "the goal": lambda: Goal.objects.filter(pk=goal.pk).update(slug="moved"),
        "its version": lambda: GoalVersion.objects.filter(pk=version.pk).update(title="Renamed"),
        "its owner": lambda: User.objects.filter(pk=version.owner_id).update(display_name="Renamed"),
        "its metric": lambda: Metric.objects.filter(pk=version.metric_id).update(name="Renamed"),
        "its target": lambda: GoalTarget.objects.update_or_create(
            goal_version=version, quarter_start=fields["quarter_start"], defaults=fields | empty | value
        ),
        "a result": lambda: QuarterResult.objects.update_or_create(
            goal=goal, quarter_start=closed.start, superseded_at=None, defaults=judged
        ),
        "its beliefs": lambda: Mapping.objects.create(goal=goal, metric=spare, active_from=world.today),
        "a verdict": lambda: verdict_state(belief, world.owner, world.now, told),
        "a forecast": lambda: forecast_make(goal, open_quarter, world.today, world.now, 0.875),
        "a figure": lambda: MetricQuarter.objects.update_or_create(
            metric_id=figure,
            quarter_start=fields["quarter_start"],
            defaults=fields
            | {"n": 1, "total": 3.25, "minimum": 3.25, "maximum": 3.25, "last_value": 3.25}
            | {"last_date": world.today},
        ),
        "the rules": lambda: type(organisation_get()).objects.update(fiscal_year_start=2),
    }


@pytest.mark.parametrize(
    "what",
    [
        *("the goal", "its version", "its owner", "its metric", "its target", "a result", "its beliefs"),
        *("a verdict", "a forecast", "a figure", "the rules"),
    ],
)
def test_a_row_is_made_anew_when_something_it_rests_upon_changes(
    product: Product, alice: User, now: Any, today: date, what: str
) -> None:
    change = changes(World(product, alice, now, today, 1))[what]
    before = goal_rows(product=product, today=today)
    assert before
    assert {id(row) for row in goal_rows(product=product, today=today)} == {id(row) for row in before}

    change()

    after = goal_rows(product=product, today=today)
    known = {id(row) for row in before}
    assert any(id(row) not in known for row in after)
    assert [vars(row) for row in after] != [vars(row) for row in before]


def test_a_row_is_made_anew_on_another_day(product: Product, alice: User, now: Any, today: date) -> None:
    World(product, alice, now, today, 1)

    before = {id(row) for row in goal_rows(product=product, today=today)}
    after = {id(row) for row in goal_rows(product=product, today=today + timedelta(days=1))}

    assert not before & after


def test_moments_are_equal_by_day_and_rules_alone(organisation: Any, today: date) -> None:
    moment = Moment.at(organisation, today)
    organisation.name = "Renamed"

    assert Moment.at(organisation, today) == moment
    organisation.streak_to_contest += 1
    assert Moment.at(organisation, today) != moment
