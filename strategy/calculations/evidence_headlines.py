"""What stands around a verdict: the belief as a sentence, the headline over all of them, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping

from common.display import values
from common.display.words import EVIDENCE, EVIDENCE_REASONS
from strategy.calculations.finding import Finding

# What can be done with a belief on which nothing is stated yet.
WAIT = (
    (
        "Wait for the stated verdict",
        "A preview may turn from week to week; decisions rest better on what is stated.",
    ),
    ("Gather what people say", "Insights and other explanations help to read the verdict when it comes."),
)
# Words that start a sentence with a capital only because it is the start.
_OPENERS = frozenset(
    {"A", "An", "The", "When", "If", "People", "Customers", "Every", "With", "More", "Being"}
)


def believed_moves(goal_direction: str, *, same_way: bool) -> tuple[bool, bool]:
    """Whether the metric rises and whether the goal does, in the case that the belief hopes for.

    A goal that should fall falls in it, and the metric goes the way that the belief pairs with that: of days to pay
    and a share that should rise, the days fall.
    """
    goal_rises = goal_direction != "decrease"
    return (goal_rises if same_way else not goal_rises), goal_rises


def belief_sentence(
    metric: str,
    goal: str,
    *,
    goal_up: bool,
    lag_weeks: int | None,
    metric_up: bool = True,
    is_past: bool = False,
) -> str:
    """The belief as one sentence, from its metric, direction and lag; without a lag, "sooner or later".

    `metric_up` and `goal_up`: which way each goes, as from `believed_moves`.
    """
    moves = "rises" if goal_up else "falls"
    if lag_weeks is None:
        later = ", sooner or later"
    else:
        later = f" about {values.plural(lag_weeks, 'week')} later" if lag_weeks else " in the same week"
    return f"We believe{'d' if is_past else ''} that when {metric} {'rises' if metric_up else 'falls'}, {goal} {moves}{later}."


def reason_given(text: str) -> str:
    """What somebody wrote as the reason, without the because that they may have begun it with."""
    said = text.strip()
    return said[8:].lstrip() if said.lower().startswith("because ") else said


def belief_reason(text: str) -> str:
    """The reason as a sentence of its own. It is called a reason: "because" would read as if the data had said it."""
    said = reason_given(text)
    if len(said) > 1 and said[1].islower() and said.split()[0] in _OPENERS:
        said = said[0].lower() + said[1:]
    return f"Our reason: {said}" if said.endswith((".", "!", "?", "…")) else f"Our reason: {said}."


def preview(when: str, verdict: str, reason: str, *, has_stated: bool) -> str:
    """What an unstated run says: "This week’s preview says inconclusive."."""
    word = EVIDENCE[verdict].text.lower()
    said = f"{word} ({EVIDENCE_REASONS[reason]})" if reason else word
    rule = (
        "What is stated changes with the first run of a month only, since looking again and again raises false alarms."
        if has_stated
        else "It is stated with the first run of the next month."
    )
    return f"{when} preview says {said}. {rule}"


def headline(counts: Mapping[str, int]) -> str:
    """Which beliefs hold, as the answer: "Four of nine beliefs hold, two do not, and three are open."."""
    total = sum(counts.values())
    held, broken = counts.get("supported", 0), counts.get("contradicted", 0)
    waiting, unsure = (
        counts.get("untested", 0),
        counts.get("inconclusive", 0) + counts.get("not_enough_data", 0),
    )
    if not total:
        return "No beliefs yet"
    if waiting == total:
        return f"{_beliefs(total)} {'waits' if total == 1 else 'wait'} for a first test"
    if total == 1:
        return (
            "The one belief holds"
            if held
            else "The one belief does not hold"
            if broken
            else "The one belief is open"
        )
    if total in (held, broken):
        return f"All {values.count_words(total)} beliefs {'hold' if held else 'fail to hold'}"
    parts = [
        f"{values.count_words(held).capitalize()} of {values.count_words(total)} beliefs {_verb(held, 'hold')}"
    ]
    if broken:
        parts.append(f"{values.count_words(broken)} {'does' if broken == 1 else 'do'} not")
    if unsure:
        parts.append(f"{values.count_words(unsure)} {'is' if unsure == 1 else 'are'} open")
    if waiting:
        parts.append(f"{values.count_words(waiting)} {'waits' if waiting == 1 else 'wait'} for a test")
    return (
        parts[0]
        if len(parts) == 1
        else f"{', '.join(parts[:-1])}{',' if len(parts) > 2 else ''} and {parts[-1]}"
    )


def _beliefs(count: int) -> str:
    return f"{values.count_words(count).capitalize()} belief{'' if count == 1 else 's'}"


def _verb(count: int, verb: str) -> str:
    return f"{verb}s" if count == 1 else verb


def choices(finding: Finding) -> list[tuple[str, str]]:
    """What can be done with a verdict: a title and a sentence each."""
    keep = ("Keep it for now", "Say why in a review, and what would change your mind by when.")
    if finding.arithmetic:
        return [("Choose a metric of its own", "One that comes before the goal and is no part of it.")]
    if finding.verdict == "supported":
        return [
            ("Build on it", "Agree targets on the metric; look through the other explanations first."),
            (
                "Sharpen it",
                "Adjust the lag and the effect to what was found, so that the next test is sharper.",
            ),
            (
                "Try it",
                "An experiment on part of the customers would show whether it is the metric that matters.",
            ),
        ]
    if finding.verdict == "contradicted":
        return [
            ("Replace or retire it", "Move the work to a metric that holds; the history stays."),
            ("Narrow it", "It may hold for some customers only. That needs a metric of its own."),
            keep,
        ]
    if finding.verdict == "inconclusive":
        name_lag = (
            "Name the lag you expect",
            "Testing three lags instead of nine sees weaker links in fewer weeks.",
        )
        return [
            *([] if finding.lag_named else [name_lag]),
            (
                "Try it",
                "An experiment on part of the customers settles in weeks what watching may take years for.",
            ),
            keep,
        ]
    return [
        ("Bring more figures in", "Earlier figures count too: import the history of both metrics."),
        (
            "Measure more often",
            "Weekly figures can be tested after half a year, monthly ones after two years.",
        ),
        keep,
    ]
