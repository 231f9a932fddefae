"""The words and key figures of one belief's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.display import axes, values
from strategy.calculations import effect_words, sentences
from strategy.calculations.evidence_headlines import WAIT, belief_reason, belief_sentence, choices, preview
from strategy.calculations.finding import Finding
from strategy.models import Mapping, MappingVerdict
from strategy.selectors.belief_rows import moves_of
from strategy.selectors.stated import Stated

# --- words ----------------------------------------------------------------------------------------

_KINDS = {"supported": "good", "contradicted": "bad", "inconclusive": "warn"}
_ICONS = {"not_enough_data": "nodata", "untested": "clock"}


@dataclass(frozen=True)
class KeyFigure:
    """One of the four figures on top: what it is, its value with a small unit, and a line of detail."""

    name: str
    value: str
    unit: str = ""
    detail: str = ""
    kind: str = ""


@dataclass(frozen=True)
class MonthRow:
    """The verdict as it was stated in one month."""

    month: date
    stated: Stated


@dataclass(frozen=True)
class Choice:
    """Something that can be done with this result."""

    title: str
    text: str


@dataclass(frozen=True)
class Words:
    """The sentences of the page. `kind` and `icon` are those of the notice that holds the verdict."""

    sentence: str
    reason: str
    title: str
    kind: str
    icon: str
    paragraph: str
    provisional: str
    stated_since: str
    preview: str
    wording: str
    choices: list[Choice]


def words_of(
    finding: Finding,
    mapping: Mapping,
    *,
    stated: MappingVerdict | None,
    newest: MappingVerdict | None,
    months: Sequence[MonthRow],
    today: date,
) -> Words:
    """The sentences; `finding` is of the stated verdict, or of the newest one while nothing is stated yet."""
    nothing_stated = stated is None and newest is not None
    said = Finding("untested", finding.metric, finding.goal, finding.goal_up) if nothing_stated else finding
    next_run = today + timedelta(days=7 - today.weekday())
    moves = moves_of(mapping.goal, mapping.current)
    return Words(
        sentence=belief_sentence(
            said.metric.name,
            mapping.goal.current.metric.name,
            metric_up=moves[0],
            goal_up=moves[1],
            lag_weeks=mapping.current.lag_weeks,
            is_past=mapping.active_until is not None,
        ),
        reason=belief_reason(mapping.current.belief),
        title=sentences.WAITING_TITLE if nothing_stated else sentences.title(said),
        kind="" if said.arithmetic else _KINDS.get(said.verdict, ""),
        icon="info" if said.arithmetic else _ICONS.get(said.verdict, said.verdict),
        paragraph=(
            sentences.WAITING if nothing_stated else " ".join(sentences.paragraph(said, next_run=next_run))
        ),
        provisional=sentences.provisional(said),
        stated_since=_stated_since(months),
        preview=_preview(newest, stated, today),
        wording=_other_wording(stated, mapping) or sentences.after_wording(finding),
        choices=[Choice(*pair) for pair in (WAIT if nothing_stated else choices(said))],
    )


def _stated_since(months: Sequence[MonthRow]) -> str:
    """Since when the stated verdict has been the same: "August 2026"."""
    if not months:
        return ""
    newest = months[0].stated
    since = months[0].month
    for row in months[1:]:
        if (row.stated.code, row.stated.reason) != (newest.code, newest.reason):
            break
        since = row.month
    return f"{since:%B %Y}"


def _preview(newest: MappingVerdict | None, stated: MappingVerdict | None, today: date) -> str:
    """What this week's run says where it differs; what is stated moves with the first run of a month only."""
    if newest is None or (
        stated is not None and (newest.verdict, newest.reason) == (stated.verdict, stated.reason)
    ):
        return ""
    this_week = today - timedelta(days=today.weekday())
    when = "This week’s" if newest.week >= this_week else f"The newest ({values.short_date(newest.week)})"
    return preview(when, newest.verdict, newest.reason, has_stated=stated is not None)


def _other_wording(stated: MappingVerdict | None, mapping: Mapping) -> str:
    """That the stated verdict was on an earlier wording or another metric of the goal; empty when it is on these."""
    if stated is None:
        return ""
    now = mapping.goal.current.metric
    if stated.goal_metric_id != now.pk:
        return (
            f"This verdict is on {stated.goal_metric.name}, which the goal was judged on then. It is judged on "
            f"{now.name} now; that is tested with the next run."
        )
    if stated.mapping_version_id == mapping.current.pk:
        return ""
    return (
        f"This verdict is on wording {stated.mapping_version.number}. Wording {mapping.current.number} holds since "
        f"{values.long_date(mapping.current.effective_from)} and is tested with the next run."
    )


def figures_of(finding: Finding, *, believed: int | None = None, is_preview: bool = False) -> list[KeyFigure]:
    """Association, periods compared, lag, effect; a dash and the reason where there is none.

    A preview carries no colour: only what is stated does.
    """
    noun = effect_words.noun_of(finding.frequency)
    sign = 1 if finding.goal_up else -1
    row = finding.row if finding.is_enough else None
    kind = _KINDS.get(finding.verdict, "") if finding.is_found and not is_preview else ""
    to = f"to {values.long_date(finding.window_end)}" if finding.window_end else "none yet"
    if row is None:
        association = KeyFigure(
            "Association, as believed = plus", values.NOTHING, detail=_not_measured(finding)
        )
    else:
        low, high = sorted((sign * row.low, sign * row.high))
        association = KeyFigure(
            "Association, as believed = plus",
            axes.signed(sign * row.association),
            detail=f"95% interval {axes.signed(low)} to {axes.signed(high)}, {finding.rows_used} {noun}s",
            kind=kind,
        )
    of = "" if finding.rows_used == finding.periods else f"of {finding.periods} "
    compared = KeyFigure(
        "Periods compared", values.number(finding.rows_used), f"{noun}s", f"{of}{to}".strip() or "none yet"
    )
    return [association, compared, _lag_figure(finding, believed), _effect_figure(finding)]


def _lag_figure(finding: Finding, believed: int | None) -> KeyFigure:
    """The lag that was found with its plausible range, or the lags that were tested; and the believed one."""
    noun = effect_words.noun_of(finding.frequency)
    said = "" if believed is None else f"believed: {values.plural(believed, noun)}"
    tested = effect_words.window_text(finding)
    if not finding.is_found:
        span = effect_words.span(finding.lags) or values.NOTHING
        details = [
            said,
            ("none stands out" if finding.is_enough else "") if finding.lags else "not tested yet",
        ]
        unit = f"{noun}s" if finding.lags else ""
        return KeyFigure("Lags tested", span, unit, _joined(details))
    plausible = effect_words.span(finding.plausible, finding.lag)
    unit = noun if finding.lag == 1 else f"{noun}s"
    details = [f"plausibly {plausible}" if plausible else "", said, tested]
    return KeyFigure("Lag found", values.number(finding.lag), unit, _joined(details))


def _joined(details: Sequence[str]) -> str:
    return "; ".join(detail for detail in details if detail)


def _not_measured(finding: Finding) -> str:
    return "too few to measure" if finding.verdict == "not_enough_data" else "not measured yet"


def _effect_figure(finding: Finding) -> KeyFigure:
    """The size of what was found. Of what was not found only the range is of use."""
    name = "Effect on the goal"
    if finding.effect is None or not finding.is_enough:
        return KeyFigure(name, values.NOTHING, detail=_not_measured(finding))
    size = effect_words.effect_size(finding)
    moved = size[0] if size else ""
    found = effect_words.effect_range(finding)
    if not finding.is_found:
        return KeyFigure(name, values.NOTHING, detail=f"none found; range {found} for {moved}")
    value, _, unit = effect_words.effect_short(finding).partition(" ")
    return KeyFigure(name, value, unit, f"for {moved}; range {found}")
