"""The strategy overview: are we on track, are the bets holding, what should we do now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.urls import reverse

from common.display import values
from common.display.parts import BetMap, Segment
from common.display.words import GOAL, READINGS
from common.models import AuditEvent
from common.quarters import Quarter
from contest.selectors import contests_news
from contest.selectors.lists import ContestNews
from roadmap.selectors.in_hand import WorkInHand, work_in_hand
from strategy.selectors import GoalRow, goals_overview
from teams.models import Organisation, Product

ACTIONS_SHOWN = 3
MAP_GOALS = 12  # a map of more goals is a tangle here; the evidence page has room for it
_OPEN_CONTEST = frozenset({"proposals", "review", "voting"})
_STATUS_ORDER = ("achieved", "on_track", "at_risk", "off_track", "no_data")
# The colour of a reading where beliefs have not been tested against the data yet.
_READING_KIND = {
    "working": "good",
    "assumption_broken": "bad",
    "moved_by_something_else": "warn",
    "execution_or_strategy": "hatch",
    "unknown": "none",
}
_READING_ICON = {
    "working": "supported",
    "assumption_broken": "contradicted",
    "moved_by_something_else": "swap",
    "execution_or_strategy": "risk",
    "unknown": "nodata",
}


@dataclass(frozen=True)
class Action:
    """Something that waits for a person: one button, and a reason with a number or a date."""

    title: str
    reason: str
    button: str
    url: str


@dataclass(frozen=True)
class Answers:
    """The three panels that answer the page's questions: plain values, by which their markup is remembered.

    goals: how many there are. holding: of those with a reading (`read`), the ones that went with their metrics.
    """

    goals: int
    on_track: int
    statuses: tuple[Segment, ...]
    readings: tuple[Segment, ...]
    holding: int
    read: int
    actions: tuple[Action, ...]
    actions_more: tuple[Action, ...]


@dataclass(frozen=True)
class Overview:
    """Everything on the page, ready to show."""

    headline: str
    eyebrow: list[str]
    quarter: Quarter
    rows: list[GoalRow]
    answers: Answers
    beliefs: int
    bet_map: BetMap | None
    work: WorkInHand
    work_total: int

    @property
    def work_finding(self) -> str:
        return f"{values.plural(self.work_total, 'card')} in hand, collated in week {self.work.week}"


def overview_page(*, product: Product, organisation: Organisation, now: datetime) -> Overview:
    """The overview of one product. Eight queries, however many goals, cards and contests there are."""
    today = organisation.today(now)
    quarter = organisation.calendar.quarter_of(today)
    strategy = goals_overview(product=product, today=today, map_at_most=MAP_GOALS)
    contests = contests_news(product, now=now)
    work = work_in_hand(product=product)
    rows = strategy.rows
    return Overview(
        headline=headline(rows, contests),
        eyebrow=_eyebrow(rows, quarter, today),
        quarter=quarter,
        rows=rows,
        answers=_answers(rows, _actions(product, rows, contests, work, quarter)),
        beliefs=sum(len(row.beliefs) for row in rows),
        bet_map=strategy.bet_map,
        work=work,
        work_total=sum(row.in_hand for row in work.rows),
    )


def _answers(rows: Sequence[GoalRow], actions: Sequence[Action]) -> Answers:
    readings = Counter(row.reading for row in rows)
    return Answers(
        goals=len(rows),
        on_track=sum(1 for row in rows if row.status in {"on_track", "achieved"}),
        statuses=_statuses(rows),
        readings=_readings(readings),
        holding=readings["working"],
        read=sum(count for code, count in readings.items() if code in READINGS and code != "unknown"),
        actions=tuple(actions[:ACTIONS_SHOWN]),
        actions_more=tuple(actions[ACTIONS_SHOWN:]),
    )


def headline(rows: Sequence[GoalRow], contests: Sequence[ContestNews]) -> str:
    """The answer in a sentence: missing data first, then what is on track, what does not hold, what comes next."""
    if not rows:
        return "There is no goal yet."
    total = len(rows)
    blind = sum(1 for row in rows if row.status == "no_data")
    on_track = sum(1 for row in rows if row.status in {"on_track", "achieved"})
    broken = sum(1 for row in rows if row.reading == "assumption_broken")
    parts = []
    if blind:
        parts.append(f"{_goals(blind, total)} {'has' if blind == 1 else 'have'} no data.")
    if on_track == total:
        parts.append(
            "The one goal is on track."
            if total == 1
            else f"All {values.count_words(total)} goals are on track."
        )
    else:
        parts.append(f"{_goals(on_track, total)} {'is' if on_track == 1 else 'are'} on track.")
    if broken:
        verb = "assumption is" if broken == 1 else "assumptions are"
        parts.append(f"{values.count_words(broken).capitalize()} {verb} broken{_contest_words(contests)}.")
    elif words := _contest_words(contests, first=True):
        parts.append(words)
    return " ".join(parts)


def _goals(count: int, total: int) -> str:
    number = "None" if count == 0 else values.count_words(count).capitalize()
    return f"{number} of {values.count_words(total)} goals"


def _contest_words(contests: Sequence[ContestNews], *, first: bool = False) -> str:
    running = [contest for contest in contests if contest.standing in _OPEN_CONTEST]
    if not running:
        return ""
    count = values.count_words(len(running))
    noun = "contest is" if len(running) == 1 else "contests are"
    return f"{count.capitalize()} {noun} open." if first else f", and {count} {noun} open"


def _eyebrow(rows: Sequence[GoalRow], quarter: Quarter, today: date) -> list[str]:
    weeks = (quarter.days + 6) // 7
    week = (today - quarter.start).days // 7 + 1
    newest = max((row.last_date for row in rows if row.last_date), default=None)
    parts = [f"{today:%A} {values.long_date(today)}", f"{quarter.label}, week {week} of {weeks}"]
    if newest is not None:
        parts.append(f"Figures up to {values.long_date(newest)}")
    return parts


def _statuses(rows: Sequence[GoalRow]) -> tuple[Segment, ...]:
    counts = Counter(row.status for row in rows)
    return tuple(
        Segment(GOAL[code].kind, counts[code], GOAL[code].text, GOAL[code].icon)
        for code in _STATUS_ORDER
        if counts[code]
    )


def _readings(counts: Counter[str]) -> tuple[Segment, ...]:
    return tuple(
        Segment(_READING_KIND[code], counts[code], READINGS[code][0], _READING_ICON[code])
        for code in _READING_KIND
        if counts[code]
    )


def changes_list(*, product: Product) -> QuerySet[AuditEvent]:
    """What people changed in the strategy itself (goals, beliefs, targets, contests), newest first."""
    told = (
        Q(subject__startswith="strategy.")
        | Q(subject__startswith="contest.contest:")
        | Q(subject__startswith="metrics.target:")
    )
    events = AuditEvent.objects.filter(told, product_id=product.pk, confidential=False).exclude(actor=None)
    return events.select_related("actor").order_by("-at", "-id")


# --- what should we do now -----------------------------------------------------------------------------


def _actions(
    product: Product,
    rows: Sequence[GoalRow],
    contests: Sequence[ContestNews],
    work: WorkInHand,
    quarter: Quarter,
) -> list[Action]:
    """What waits for people, the most pressing first."""
    return [
        *[_contest_action(contest) for contest in contests if contest.standing in _OPEN_CONTEST],
        *[_broken_action(row) for row in rows if row.reading == "assumption_broken"],
        *[_data_action(product, row) for row in rows if row.status == "no_data"],
        *[_warning_action(row) for row in rows if row.warning and row.reading != "assumption_broken"],
        *[_target_action(row, quarter) for row in rows if row.target is None],
        *[_belief_action(row) for row in rows if not row.beliefs],
        *_work_actions(product, work),
    ]


def _contest_action(contest: ContestNews) -> Action:
    when = f" {values.plural(contest.days_left, 'day')} left." if contest.days_left is not None else ""
    return Action(f"Look at the contest “{contest.title}”", f"{contest.words}.{when}", "Open", contest.url)


def _broken_action(row: GoalRow) -> Action:
    misses = values.plural(row.streak, "quarter") + " missed in a row. " if row.streak > 1 else ""
    return Action(
        f"Review the beliefs behind “{row.title}”",
        f"{misses}The metrics hit their targets and the goal was missed.",
        "Review",
        row.url + "#beliefs",
    )


def _data_action(product: Product, row: GoalRow) -> Action:
    when = (
        f"The last figure is of {values.long_date(row.last_date)}."
        if row.last_date
        else "It has no figure yet."
    )
    return Action(
        f"Bring in figures for {row.metric.name}",
        when,
        "Import",
        reverse("metrics:import-new", args=[product.slug]),
    )


def _warning_action(row: GoalRow) -> Action:
    return Action(f"Talk about “{row.title}”", row.warning, "Open", row.url)


def _target_action(row: GoalRow, quarter: Quarter) -> Action:
    return Action(
        f"Set a target for “{row.title}”",
        f"{quarter.label} has none, so it cannot be judged.",
        "Set",
        row.url + "edit/",
    )


def _belief_action(row: GoalRow) -> Action:
    return Action(
        f"Write down a belief for “{row.title}”",
        "No metric is mapped to it, so a miss could not be explained.",
        "Add",
        row.url,
    )


def _work_actions(product: Product, work: WorkInHand) -> list[Action]:
    actions = []
    roadmap = reverse("roadmap:roadmap", args=[product.slug])
    late = [row for row in work.rows if row.freshness != "fresh"]
    if late:
        names = ", ".join(row.team_name for row in late[:3])
        actions.append(
            Action(
                f"Look after {values.plural(len(late), 'board')}",
                f"No fresh read for the last edition: {names}.",
                "Open",
                reverse("roadmap:board-list", args=[product.slug]),
            )
        )
    if blocked := sum(row.blocked for row in work.rows):
        actions.append(
            Action(f"Unblock {values.plural(blocked, 'card')}", _teams(work, "blocked"), "Show", roadmap)
        )
    if unlinked := sum(row.unlinked for row in work.rows):
        title = f"Link {values.plural(unlinked, 'card')} to a metric"
        actions.append(Action(title, _teams(work, "unlinked"), "Show", roadmap))
    return actions


def _teams(work: WorkInHand, name: str) -> str:
    return ", ".join(f"{row.team_name} {getattr(row, name)}" for row in work.rows if getattr(row, name)) + "."
