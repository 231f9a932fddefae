"""Builds the sample organisation through the app's own services, quarter by quarter as it would have happened."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from common.errors import ApplicationError
from common.models import JobRun, OutboxMessage
from common.quarters import Quarter
from config.sample.history import beliefs_tell, contests_tell, quarters_tell, roadmap_tell
from config.sample.removal import LOGINS_FILE
from config.sample.series import weekly_values
from config.sample.voices import voices_tell
from config.sample.world import CLOSED, PRODUCT_NAME, PRODUCT_TEXT
from config.sample.world.goals import GOALS, SampleGoal
from config.sample.world.metrics import METRICS, SampleMetric
from config.sample.world.people import LOGIN_ROLES, PEOPLE, TEAMS
from metrics.models import ImportRun, Metric
from metrics.services.metrics import metric_create
from metrics.services.observations import observations_record_pairs
from strategy.content import TargetContent
from strategy.models import Goal
from strategy.services import goal_activate, goal_create, mapping_create
from teams.models import Organisation, Product, Team, User
from teams.selectors import organisation_get
from teams.services.memberships import membership_add
from teams.services.products import product_create
from teams.services.teams import team_create

IMPACT_HISTORY_NAME = "Sample data"


@dataclass
class Sample:
    """The world while it is being built: what later steps look up by key."""

    organisation: Organisation
    now: datetime
    quarters: list[Quarter]  # 0 to 7 closed, 8 the one after them, 9 and 10 to come
    product: Product = field(init=False)
    people: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    goals: dict[str, Goal] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.organisation.today(self.now)

    @property
    def manager(self) -> User:
        return self.people["product-manager"]

    def at(self, day: date, hour: int = 9) -> datetime:
        """That day and hour where the organisation is."""
        return datetime.combine(day, time(hour), tzinfo=self.organisation.zone)

    def close_of(self, number: int) -> datetime:
        """When the quarter's verdict is frozen."""
        return self.at(self.quarters[number].end + timedelta(days=self.organisation.quarter_close_days), 3)


def sample_create(*, now: datetime, say: Callable[[str], None] = lambda _words: None) -> Sample:
    """Creates the sample organisation, all of it or nothing, and writes the logins of the embedded default.

    Raises ApplicationError when it is there already.
    """
    if User.objects.filter(is_sample=True).exists() or Product.objects.filter(is_sample=True).exists():
        raise ApplicationError("The sample organisation is here already. Remove it first.")
    jobs, messages = _newest(JobRun), _newest(OutboxMessage)
    with transaction.atomic():
        sample = Sample(organisation=organisation_get(), now=now, quarters=_quarters(organisation_get(), now))
        passwords = _people_create(sample)
        _teams_create(sample)
        say("Weekly figures of two years")
        _metrics_create(sample)
        say("Goals, beliefs and targets")
        for goal in GOALS:
            _goal_create(sample, goal)
        voices_tell(sample)
        say("Eight quarters, judged one after the other")
        quarters_tell(sample)
        contests_tell(sample)
        beliefs_tell(sample)
        say("Four boards and their weekly editions")
        roadmap_tell(sample)
        # What the past would have sent has no reader, and what it queued is done.
        OutboxMessage.objects.filter(pk__gt=messages).delete()
        JobRun.objects.filter(pk__gt=jobs).delete()
    if settings.EMBEDDED:
        _logins_write(passwords)
    return sample


def _newest(model: type[JobRun] | type[OutboxMessage]) -> int:
    newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def _quarters(organisation: Organisation, now: datetime) -> list[Quarter]:
    """Eight quarters that have closed by `now`, and the three after them."""
    today = organisation.today(now)
    newest = organisation.calendar.quarter_of(today).previous
    if newest.end + timedelta(days=organisation.quarter_close_days) > today:
        newest = newest.previous
    return [newest.shift(number - CLOSED + 1) for number in range(CLOSED + 3)]


def _people_create(sample: Sample) -> dict[str, str]:
    """The people; their passwords by key, known to nobody where a real database is named."""
    passwords: dict[str, str] = {}
    with_login = {key for _role, key in LOGIN_ROLES} if settings.EMBEDDED else set()
    for person in PEOPLE:
        password = secrets.token_urlsafe(12) if person.key in with_login else None
        sample.people[person.key] = User.objects.create_user(
            person.email,
            password,
            display_name=person.name,
            is_leader=person.is_leader,
            is_superuser=person.is_admin,
            is_sample=True,
        )
        if password:
            passwords[person.key] = password
    return passwords


def _teams_create(sample: Sample) -> None:
    start = sample.at(sample.quarters[0].start - timedelta(days=30))
    sample.product = product_create(
        actor=sample.people["admin"],
        name=PRODUCT_NAME,
        now=start,
        description=PRODUCT_TEXT,
        is_sample=True,
        manager=sample.manager,
    )
    sample.teams["product-team"] = Team.objects.get(product=sample.product, kind=Team.Kind.PRODUCT)
    for team in TEAMS:
        sample.teams[team.slug] = team_create(
            actor=sample.manager, product=sample.product, name=team.name, purpose=team.purpose
        )
    for person in PEOPLE:
        for team_slug, role in person.memberships:
            if role != "product_manager":
                membership_add(
                    actor=sample.manager,
                    team=sample.teams[team_slug],
                    user=sample.people[person.key],
                    role=role,
                    start_date=start.date(),
                )


def _metrics_create(sample: Sample) -> None:
    for fact in METRICS:
        metric = metric_create(
            product=sample.product,
            actor=sample.manager,
            name=fact.name,
            key=fact.key,
            definition=fact.definition,
            kind=fact.kind,
            unit=fact.unit,
            decimals=fact.decimals,
            direction=fact.direction,
            aggregation=fact.aggregation,
            frequency="weekly",
            owner=sample.people[fact.owner],
            numerator=sample.metrics.get(fact.numerator),
            denominator=sample.metrics.get(fact.denominator),
        )
        sample.metrics[fact.key] = metric
        if fact.anchors:
            _figures_record(sample, fact, metric)


def _figures_record(sample: Sample, fact: SampleMetric, metric: Metric) -> None:
    observations_record_pairs(
        metric=metric,
        pairs=weekly_values(fact, quarters=sample.quarters[: CLOSED + 1], today=sample.today),
        actor=sample.manager,
        now=sample.now,
        kind=ImportRun.Kind.COMMAND,
        name=IMPACT_HISTORY_NAME,
    )


def _goal_create(sample: Sample, fact: SampleGoal) -> None:
    start = sample.at(sample.quarters[0].start)
    goal = goal_create(
        product=sample.product,
        title=fact.title,
        bet=fact.bet,
        owner=sample.people[fact.owner],
        metric=sample.metrics[fact.metric],
        direction=fact.direction,
        baseline=fact.baseline,
        horizon=fact.horizon,
        guardrails=[sample.metrics[key] for key in fact.guardrails],
        targets=[
            TargetContent(quarter.start, quarter.end, value=value)
            for quarter, value in zip(sample.quarters, fact.targets, strict=True)
        ],
        actor=sample.manager,
        now=start,
    )
    sample.goals[fact.key] = goal_activate(goal=goal, actor=sample.manager, now=start)
    for belief in fact.mappings:
        mapping_create(
            goal=goal,
            metric=sample.metrics[belief.metric],
            belief=belief.belief,
            owner=sample.people[belief.owner],
            direction=belief.direction,
            effect=belief.effect,
            lag_weeks=belief.lag_weeks,
            strength=belief.strength,
            falsifier=belief.falsifier,
            review_on=sample.today + timedelta(days=28),
            actor=sample.manager,
            now=start,
        )


def _logins_write(passwords: dict[str, str]) -> None:
    """Keeps one login per role in a file that only its owner reads."""
    logins = [
        {"role": role, "email": person.email, "password": passwords[key]}
        for role, key in LOGIN_ROLES
        for person in PEOPLE
        if person.key == key
    ]
    path = settings.VAR_DIR / LOGINS_FILE
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(logins, file, indent=2)
