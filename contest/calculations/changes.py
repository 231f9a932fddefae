"""What a proposal changes: one numbered shape per kind, checked field by field.

Schema 1, by kind (quarters as "2027-Q1", metrics by key, mappings by number):

revise_target    {"targets": [{"quarter", "value"} or {"quarter", "low", "high"}, …]}
change_mappings  {"changes": [{"action": "add", "metric", "belief", "direction", …},
                              {"action": "revise", "mapping", <fields that change>},
                              {"action": "retire", "mapping", "reason"}]}
replace_goal     {"title", "bet", "metric", "direction", "baseline", "tolerance", "horizon", "targets"}
retire_goal      {}
keep             {}
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import ApplicationError
from common.quarters import FiscalCalendar, Quarter

SCHEMA = 1
DIRECTIONS = ("increase", "decrease", "band")
HORIZONS = ("short", "long")
STRENGTHS = (1, 2, 3)
LAG_MOST = 104
QUARTERS_MOST = 40
TEXT_MOST = 4000
TITLE_MOST = 140
BELIEF_FIELDS = ("belief", "direction", "effect", "lag_weeks", "strength", "falsifier")


@dataclass(frozen=True)
class MappingFact:
    """An active mapping as it is today."""

    id: int
    metric: str
    metric_name: str
    belief: str
    direction: str
    effect: float | None
    lag_weeks: int | None
    strength: int
    falsifier: str


@dataclass(frozen=True)
class ChangeContext:
    """What a change is checked against: the goal of today, and the first quarter in which it could hold."""

    calendar: FiscalCalendar
    first_quarter: Quarter
    direction: str
    impact_metrics: Mapping[str, str]
    outcome_metrics: Mapping[str, str]
    mappings: Mapping[int, MappingFact]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where ("targets.2.value"), and what to do about it."""

    path: str
    message: str


class ChangeInvalidError(ApplicationError):
    """The change cannot be proposed as it is; `problems` names every field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(
            first.message, field="change", extra=[{"path": p.path, "message": p.message} for p in problems]
        )
        self.problems = list(problems)


class _Reader:
    """Reads plain values out of untrusted JSON and notes every problem instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def known(self, raw: Mapping[str, Any], allowed: Sequence[str], path: str) -> None:
        for key in raw:
            if key not in allowed:
                place = f"{path}.{key}" if path else str(key)
                self.refuse(
                    place, f"“{key}” is not a field of this change. Known: {', '.join(allowed) or 'none'}."
                )

    def number(self, raw: Any, path: str, *, what: str, least: float | None = None) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
            self.refuse(path, f"{what} must be a number.")
            return 0.0
        if least is not None and raw < least:
            self.refuse(path, f"{what} must be at least {least:g}.")
        return float(raw)

    def text(self, raw: Any, path: str, *, what: str, required: bool = True, most: int = TEXT_MOST) -> str:
        if raw is None and not required:
            return ""
        if not isinstance(raw, str):
            self.refuse(path, f"{what} must be text.")
            return ""
        text = raw.strip()
        if required and not text:
            self.refuse(path, f"{what} is missing.")
        if len(text) > most:
            self.refuse(path, f"{what} is longer than {most} characters.")
        return text

    def choice(self, raw: Any, path: str, choices: Sequence[Any], *, what: str) -> Any:
        if isinstance(raw, bool) or raw not in choices:
            self.refuse(path, f"{what} must be one of {', '.join(str(choice) for choice in choices)}.")
            return choices[0]
        return raw


def change_clean(kind: str, change: Any, context: ChangeContext) -> dict[str, Any]:
    """The change in the shape of its kind, with nothing else in it.

    Raises ChangeInvalidError, naming every field that is missing, unknown or out of range.
    """
    reader = _Reader()
    if not isinstance(change, Mapping):
        raise ChangeInvalidError([Problem("", "A change is an object with named fields.")])
    if kind == "revise_target":
        reader.known(change, ("targets",), "")
        clean: dict[str, Any] = {
            "targets": _targets(reader, change.get("targets"), context.direction, context)
        }
    elif kind == "change_mappings":
        reader.known(change, ("changes",), "")
        clean = {"changes": _mapping_changes(reader, change.get("changes"), context)}
    elif kind == "replace_goal":
        clean = _replacement(reader, change, context)
    elif kind in {"retire_goal", "keep"}:
        reader.known(change, (), "")
        clean = {}
    else:
        raise ChangeInvalidError([Problem("kind", f"“{kind}” is not a kind of proposal.")])
    if reader.problems:
        raise ChangeInvalidError(reader.problems)
    return clean


def _targets(reader: _Reader, raw: Any, direction: str, context: ChangeContext) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not raw:
        reader.refuse("targets", f"Give a target for each quarter from {context.first_quarter.label} on.")
        return []
    if len(raw) > QUARTERS_MOST:
        reader.refuse("targets", f"Give targets for at most {QUARTERS_MOST} quarters.")
        return []
    found: dict[Quarter, dict[str, Any]] = {}
    for place, item in enumerate(raw):
        path = f"targets.{place}"
        if not isinstance(item, Mapping):
            reader.refuse(
                path, "A target is an object with a quarter and its value, or its low and high edge."
            )
            continue
        quarter = _quarter(reader, item.get("quarter"), path, context)
        if quarter is None:
            continue
        if quarter in found:
            reader.refuse(f"{path}.quarter", f"{quarter.label} stands here twice. Keep one.")
        found[quarter] = _target(reader, item, quarter, direction, path)
    ordered = sorted(found)
    if ordered:
        _gap_check(reader, ordered, context)
    return [found[quarter] for quarter in ordered]


def _quarter(reader: _Reader, raw: Any, path: str, context: ChangeContext) -> Quarter | None:
    try:
        quarter = context.calendar.parse(raw) if isinstance(raw, str) else None
    except ValueError:
        quarter = None
    if quarter is None:
        reader.refuse(f"{path}.quarter", f"Write the quarter like {context.first_quarter.slug}.")
        return None
    if quarter.start < context.first_quarter.start:
        label = context.first_quarter.label
        reader.refuse(
            f"{path}.quarter",
            f"{quarter.label} keeps the target it has: a change holds from {label} at the earliest.",
        )
        return None
    return quarter


def _target(
    reader: _Reader, item: Mapping[str, Any], quarter: Quarter, direction: str, path: str
) -> dict[str, Any]:
    if direction == "band":
        reader.known(item, ("quarter", "low", "high"), path)
        low = reader.number(item.get("low"), f"{path}.low", what=f"The low edge for {quarter.label}")
        high = reader.number(item.get("high"), f"{path}.high", what=f"The high edge for {quarter.label}")
        if low > high:
            reader.refuse(f"{path}.high", f"The high edge for {quarter.label} is below its low edge.")
        return {"quarter": quarter.slug, "low": low, "high": high}
    reader.known(item, ("quarter", "value"), path)
    value = reader.number(item.get("value"), f"{path}.value", what=f"The target for {quarter.label}")
    return {"quarter": quarter.slug, "value": value}


def _gap_check(reader: _Reader, ordered: Sequence[Quarter], context: ChangeContext) -> None:
    """Every quarter up to the last needs a target, else a gap would be a way round being judged."""
    given = set(ordered)
    for quarter in context.first_quarter.until(ordered[-1]):
        if quarter not in given:
            reader.refuse(
                "targets", f"{quarter.label} has no target. Give one for each quarter up to the last."
            )
            return


def _replacement(reader: _Reader, raw: Mapping[str, Any], context: ChangeContext) -> dict[str, Any]:
    fields = ("title", "bet", "metric", "direction", "baseline", "tolerance", "horizon", "targets")
    reader.known(raw, fields, "")
    direction = reader.choice(raw.get("direction"), "direction", DIRECTIONS, what="The direction")
    return {
        "title": reader.text(raw.get("title"), "title", what="The title", most=TITLE_MOST),
        "bet": reader.text(raw.get("bet"), "bet", what="The bet"),
        "metric": _metric(reader, raw.get("metric"), "metric", context.impact_metrics, "an impact metric"),
        "direction": direction,
        "baseline": reader.number(raw.get("baseline"), "baseline", what="The baseline"),
        "tolerance": reader.number(raw.get("tolerance", 0), "tolerance", what="The tolerance", least=0),
        "horizon": reader.choice(raw.get("horizon"), "horizon", HORIZONS, what="The horizon"),
        "targets": _targets(reader, raw.get("targets"), direction, context),
    }


def _metric(reader: _Reader, raw: Any, path: str, known: Mapping[str, str], what: str) -> str:
    if not isinstance(raw, str) or raw not in known:
        reader.refuse(path, f"Choose {what} of this product.")
        return ""
    return raw


def _mapping_changes(reader: _Reader, raw: Any, context: ChangeContext) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not raw:
        reader.refuse("changes", "Add, revise or retire at least one mapping.")
        return []
    mapped = {fact.metric for fact in context.mappings.values()}
    touched: set[int] = set()
    added: set[str] = set()
    clean = []
    for place, item in enumerate(raw):
        path = f"changes.{place}"
        action = item.get("action") if isinstance(item, Mapping) else None
        if action == "add":
            entry = _mapping_add(reader, item, path, context)
            if entry["metric"] in mapped:
                name = context.outcome_metrics.get(entry["metric"], entry["metric"])
                reader.refuse(
                    f"{path}.metric", f"{name} is mapped to this goal already. Revise that mapping instead."
                )
            if entry["metric"] and entry["metric"] in added:
                reader.refuse(f"{path}.metric", "The same metric is added twice. Keep one.")
            added.add(entry["metric"])
            clean.append(entry)
        elif action in {"revise", "retire"}:
            fact = context.mappings.get(_whole(item.get("mapping")))
            if fact is None:
                reader.refuse(f"{path}.mapping", "Choose one of the goal's active mappings.")
                continue
            if fact.id in touched:
                reader.refuse(
                    f"{path}.mapping", f"The mapping of {fact.metric_name} is changed twice. Keep one."
                )
            touched.add(fact.id)
            change = _mapping_revise if action == "revise" else _mapping_retire
            clean.append(change(reader, item, path, fact))
        else:
            reader.refuse(f"{path}.action", "The action must be one of add, revise, retire.")
    return clean


def _whole(raw: Any) -> int:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else 0


def _mapping_add(
    reader: _Reader, item: Mapping[str, Any], path: str, context: ChangeContext
) -> dict[str, Any]:
    reader.known(item, ("action", "metric", *BELIEF_FIELDS), path)
    metric = _metric(
        reader, item.get("metric"), f"{path}.metric", context.outcome_metrics, "an outcome metric"
    )
    values = {"strength": 2, "lag_weeks": None, "direction": "+", "effect": None, "falsifier": "", **item}
    return {"action": "add", "metric": metric, **_belief(reader, values, BELIEF_FIELDS, path)}


def _mapping_revise(reader: _Reader, item: Mapping[str, Any], path: str, fact: MappingFact) -> dict[str, Any]:
    reader.known(item, ("action", "mapping", *BELIEF_FIELDS), path)
    given = [name for name in BELIEF_FIELDS if name in item]
    clean = _belief(reader, item, given, path)
    changed = {name: value for name, value in clean.items() if value != getattr(fact, name)}
    if not changed:
        reader.refuse(path, f"Nothing is changed in the mapping of {fact.metric_name}.")
    return {"action": "revise", "mapping": fact.id, **changed}


def _mapping_retire(reader: _Reader, item: Mapping[str, Any], path: str, fact: MappingFact) -> dict[str, Any]:
    reader.known(item, ("action", "mapping", "reason"), path)
    reason = reader.text(
        item.get("reason"), f"{path}.reason", what=f"Why {fact.metric_name} should be retired"
    )
    return {"action": "retire", "mapping": fact.id, "reason": reason}


def _belief(reader: _Reader, item: Mapping[str, Any], names: Sequence[str], path: str) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for name in names:
        raw, place = item.get(name), f"{path}.{name}"
        if name == "belief":
            clean[name] = reader.text(raw, place, what="The belief sentence")
        elif name == "falsifier":
            clean[name] = reader.text(raw, place, what="What would prove us wrong", required=False)
        elif name == "direction":
            clean[name] = reader.choice(raw, place, ("+", "-"), what="The expected direction")
        elif name == "strength":
            clean[name] = reader.choice(raw, place, STRENGTHS, what="The strength")
        elif name == "effect":
            clean[name] = None if raw is None else reader.number(raw, place, what="The expected effect")
        else:
            clean[name] = None if raw is None else _lag(reader, raw, place)
    return clean


def _lag(reader: _Reader, raw: Any, path: str) -> int:
    lag = _whole(raw)
    if lag != raw or not 0 <= lag <= LAG_MOST:
        reader.refuse(
            path,
            f"The expected lag must be a whole number of weeks from 0 to {LAG_MOST}, or left empty.",
        )
    return lag
