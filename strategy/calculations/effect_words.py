"""Lags, sizes and odds in words: the numbers inside the sentences about a verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence

from common.display import values
from strategy.calculations.finding import Finding, Side

NOUNS = {"weekly": "week", "monthly": "month", "quarterly": "quarter"}


def noun_of(frequency: str) -> str:
    """What a period is called: week, month or quarter."""
    return NOUNS[frequency]


def lag_words(finding: Finding) -> str:
    """ "about 3 weeks later (plausibly 2 to 4)"; empty without a lag."""
    if finding.lag is None:
        return ""
    noun = noun_of(finding.frequency)
    lag = f"in the same {noun}" if finding.lag == 0 else f"about {values.plural(finding.lag, noun)} later"
    return f"{lag} (plausibly {text})" if (text := span(finding.plausible, finding.lag)) else lag


def span(lags: Sequence[int], single: int | None = None) -> str:
    """Lags as "2 to 4", or "0 to 2, 6" with a gap; empty when there is only the one that is named already."""
    known = sorted(set(lags))
    if not known or known == [single]:
        return ""
    runs: list[list[int]] = [[known[0], known[0]]]
    for lag in known[1:]:
        if lag == runs[-1][1] + 1:
            runs[-1][1] = lag
        else:
            runs.append([lag, lag])
    return ", ".join(f"{first} to {last}" if last > first else str(first) for first, last in runs)


def effect_step(finding: Finding) -> float:
    """By how much the metric is moved in words: 1, or a power of ten whose effect can be read.

    Less than 1 where the metric is kept with two decimals or more: +1 would be all of a share of 0.714.
    """
    if finding.metric.logged:
        return 1.0
    if finding.metric.decimals >= 2:
        return 10.0 ** (1 - finding.metric.decimals)
    effect = abs(finding.effect or 0.0)
    readable = 0.002 if finding.goal.logged else 0.5 * 10.0**-finding.goal.decimals
    return 10.0 ** math.ceil(math.log10(readable / effect) - 1e-9) if 0 < effect < readable else 1.0


def effect_size(finding: Finding) -> tuple[str, str] | None:
    """The metric's step and what the goal did after it: ("+1% in Activation", "+0.4% in Revenue"); None without one."""
    if finding.effect is None:
        return None
    step = effect_step(finding)
    moved = f"+1% in {finding.metric.name}" if finding.metric.logged else _moved(step, finding.metric)
    after = _after(finding.effect, step, finding)
    return moved, f"{after} in {finding.goal.name}"


def effect_range(finding: Finding) -> str:
    """ "+0.2% to +0.6%": where the size of the effect lies; empty when it is not known."""
    if finding.effect_low is None or finding.effect_high is None:
        return ""
    step = effect_step(finding)
    return f"{_after(finding.effect_low, step, finding)} to {_after(finding.effect_high, step, finding)}"


def effect_short(finding: Finding) -> str:
    """What the goal did after the metric's step, alone: "+0.4%"."""
    return values.NOTHING if finding.effect is None else _after(finding.effect, effect_step(finding), finding)


def effect_brief(finding: Finding) -> str:
    """The size without the names and the range: "+0.4% for +1%"; empty without one."""
    if finding.effect is None:
        return ""
    step = "+1%" if finding.metric.logged else _step(effect_step(finding), finding.metric)
    return f"{effect_short(finding)} for {step}"


def effect_sentence(finding: Finding) -> str:
    """The size in a sentence: "+1% in Activation went with +0.4% in Revenue (range +0.2% to +0.6%)."."""
    if (size := effect_size(finding)) is None:
        return ""
    found = effect_range(finding)
    return f"{size[0]} went with {size[1]}{f' (range {found})' if found else ''}."


def chance_words(finding: Finding) -> str:
    """How often luck alone would look like this, and what the family of tests has to do with it."""
    if finding.p_adjusted is None:
        return ""
    family = (
        f", after allowing for the {values.plural(finding.family, 'belief')} tested in the same run"
        if finding.family > 1
        else ""
    )
    if finding.p_adjusted >= 0.5:
        return f"Luck alone would look like this more often than not{family}."
    if finding.p_adjusted < 0.001:
        return f"Luck alone would look like this in less than 1 of 1,000 runs{family}."
    odds = round(1 / finding.p_adjusted)
    return f"Luck alone would look like this in about 1 of {values.number(odds)} runs{family}."


def window_text(finding: Finding) -> str:
    """The lags that were tested: "lags 0 to 8 weeks tested"."""
    if not finding.lags:
        return ""
    return f"lags of {span(finding.lags) or finding.lags[0]} {noun_of(finding.frequency)}s tested"


def share_of(link: float) -> str:
    """The part of the unexplained movement that an association of this size accounts for."""
    return f"{100 * link * link:.0f}%"


def expected_words(
    effect: float, metric: Side, goal: Side, *, moves: tuple[bool, bool] = (True, True)
) -> str:
    """What a belief expects of the goal for one unit of the metric: "0.05 points for +1 account".

    `moves`: whether metric and goal rise in the case that is hoped for. The sign that somebody typed is theirs to
    mean either way, so it is read as a size: "0.5 points for −1 day", "−0.3 points for +1 job".
    """
    typed = f"{effect:.6f}".rstrip("0").partition(".")[2]  # as many places as the person gave
    size = values.change(abs(effect) if moves[1] else -abs(effect), goal.unit, len(typed)).lstrip("+")
    return f"{size} for {values.change(1 if moves[0] else -1, metric.unit, 0)}"


def _moved(step: float, side: Side) -> str:
    """A step of the metric in its own unit: "+1 point in Activation", "+0.01 in Share sent in time"."""
    return f"{_step(step, side)} in {side.name}"


def _step(step: float, side: Side) -> str:
    return values.change(step, side.unit, max(0, -math.floor(math.log10(step) + 1e-9)))


def _after(effect: float, step: float, finding: Finding) -> str:
    """What the goal did after the metric's step, from an effect on the analysed scale (logs where logged)."""
    moved = effect * (math.log(1.01) if finding.metric.logged else step)
    if finding.goal.logged:
        return _percent(100 * (math.exp(min(moved, 50.0)) - 1))
    return values.change(moved, finding.goal.unit, _decimals(moved, finding.goal.decimals))


def _decimals(value: float, usual: int) -> int:
    """As many places as a value needs to differ from zero: the usual ones, and up to three more."""
    decimals = usual
    while abs(value) and abs(value) < 0.5 * 10.0**-decimals and decimals < usual + 3:
        decimals += 1
    return decimals


def _percent(value: float) -> str:
    size = abs(value)
    return values.change(value, "", 0 if size >= 10 else 1 if size >= 0.095 else 2) + "%"
