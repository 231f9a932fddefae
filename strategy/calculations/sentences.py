"""What a verdict says, in words that a product manager can repeat.

One rule above all: the data show which came first and how surely, never why. So no sentence here says that a metric
moved a goal; a test reads every sentence for words that would. Nothing here reads a clock or a database.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

from common.display import axes, values
from common.quarters import month_shift
from metrics.analysis.verdict import MINIMUM_PERIODS, SURE_P
from strategy.calculations.effect_words import effect_sentence, lag_words, noun_of, share_of, span
from strategy.calculations.finding import Finding
from strategy.calculations.stability import Halves

ROUND_TO = {"weekly": 4, "monthly": 1, "quarterly": 1}
ORDER_NOT_CAUSE = "It shows the order of events, not the cause; an experiment would."
WAITING_TITLE = "Nothing is stated yet"
WAITING = (
    "The weekly run has looked at this belief. Its first verdict is stated with the first run of a month; until then "
    "the figures below are a preview."
)
TOGETHER_NOT_WHY = "It shows that they move together, not why; an experiment would."
TITLES = {
    "untested": "Not tested yet",
    "not_enough_data": "Not enough data yet",
    "inconclusive": "The data fit both a useful link and none",
    "supported": "They moved together as believed",
    "opposite": "The data point the other way",
    "too_small": "Too small to matter",
}
ARITHMETIC_TITLE = "One is part of the other"
HOW_CHOSEN = (
    (
        "Supported",
        "the metric's surprises are followed by the goal's, in the believed direction, more than luck would give.",
    ),
    (
        "Contradicted (opposite)",
        "the same, but the goal went the other way.",
    ),
    (
        "Contradicted (too small to matter)",
        "at every lag tried, even the upper end of what the data allow is below the size worth acting on.",
    ),
    ("Inconclusive", "the data allow both a useful link and none."),
    (
        "Not enough data",
        "fewer than 26 weeks, 24 months or 16 quarters, or so few that even a strong link would usually be missed.",
    ),
)


# --- the verdict ----------------------------------------------------------------------------------


def title(finding: Finding) -> str:
    """The verdict as a short statement."""
    if finding.arithmetic:
        return ARITHMETIC_TITLE
    if finding.verdict == "supported" and finding.lag == 0:
        return f"They moved together, in the same {_noun(finding)}"
    return TITLES[finding.reason or finding.verdict]


def paragraph(finding: Finding, *, next_run: date | None = None) -> list[str]:
    """What was compared, what came out, and what it does not show; one string a sentence."""
    if finding.arithmetic:
        return [
            (
                f"{finding.metric.name} is part of how {finding.goal.name} is worked out, so they move together by "
                "arithmetic."
            ),
            "There is nothing for a test to find out; the belief needs a metric of its own.",
        ]
    if finding.verdict == "untested":
        return _untested(next_run)
    if finding.verdict == "not_enough_data":
        return _not_enough(finding)
    if finding.verdict == "inconclusive":
        return _inconclusive(finding)
    if finding.reason == "too_small":
        return _too_small(finding)
    return _found(finding)


def _untested(next_run: date | None) -> list[str]:
    when = "" if next_run is None else f" The next run is on {values.long_date(next_run)}."
    return [f"Every belief is tested once a week, as soon as both series have figures.{when}"]


def _not_enough(finding: Finding) -> list[str]:
    least, noun = MINIMUM_PERIODS[finding.frequency], _noun(finding)
    if finding.periods < least:
        sentences = [
            (
                f"{values.plural(least, noun)} are the least from which season and link can be told apart; "
                f"there {'is' if finding.periods == 1 else 'are'} {values.number(finding.periods)} so far."
            )
        ]
        if (day := enough_on(finding)) is not None:
            sentences.append(
                f"With a figure for every {noun} there will be enough on {values.long_date(day)}."
            )
        return sentences
    if not finding.lags:
        return [
            (
                f"The lag that is believed in is longer than a third of the {values.plural(finding.periods, noun)} "
                f"there are, so too few {noun}s would be left to compare."
            ),
            "A shorter one can be tested, and with monthly figures a longer one.",
        ]
    if not finding.rows_used:
        return [
            (
                f"Over {values.plural(finding.periods, noun)} one of the two hardly moves beyond its own trend and "
                f"season, or too few {noun}s have figures for both."
            ),
            "There is nothing to compare until that changes.",
        ]
    return [
        (
            f"There are {values.plural(finding.rows_used, noun)} to compare, but they vary so much that even a strong "
            "link would usually be missed in them."
        ),
        "A verdict from them would be luck; more of them, or a named lag, will tell.",
    ]


def _inconclusive(finding: Finding) -> list[str]:
    return [
        f"Over {_compared(finding)}, the data allow a link large enough to matter, and they allow none.",
        *([text] if (text := settling(finding)) else []),
    ]


def _too_small(finding: Finding) -> list[str]:
    return [
        (
            f"If there is a link, it is smaller than the size that would matter, {_window_words(finding)}: "
            f"it would account for less than {share_of(finding.smallest_link)} of what {finding.goal.name} does beyond "
            "its trend, season and own momentum."
        ),
        f"This rests on {_compared(finding)}.",
    ]


def _found(finding: Finding) -> list[str]:
    noun = _noun(finding)
    end = "higher" if finding.moved_up else "lower"
    believed = "" if finding.verdict == "supported" else ", the opposite of what was believed"
    if finding.lag == 0:
        moved = "the same way" if finding.moved_up else "opposite ways"
        first = (
            f"{finding.metric.name} and {finding.goal.name} moved {moved} in the same {noun}{believed}; which "
            "comes first cannot be told."
        )
    else:
        first = (
            f"{noun.capitalize()}s in which {finding.metric.name} ran above its usual level were followed, "
            f"{lag_words(finding)}, by {end} {finding.goal.name}{believed}."
        )
    sentences = [first]
    if text := effect_sentence(finding):
        sentences.append(text)
    sentences.append(
        f"This is beyond trend, season and the own momentum of {finding.goal.name}, over {_compared(finding)}."
    )
    return [*sentences, ORDER_NOT_CAUSE if finding.lag else TOGETHER_NOT_WHY]


def settling(finding: Finding) -> str:
    """How long an open question should stay open; empty when that is not known."""
    named = "" if finding.lag_named else " Naming the lag you expect would shorten that."
    if finding.settles_late:
        return (
            "Watching would take more than two years to settle this: run an experiment instead."
            if finding.lag_named
            else "Watching would take more than two years to settle this: run an experiment instead, or name the "
            "lag you expect."
        )
    if finding.periods_to_settle is None:
        return ""
    step, noun = ROUND_TO[finding.frequency], _noun(finding)
    more = max(step, math.ceil(finding.periods_to_settle / step) * step)
    return f"About {values.number(more)} more {noun}{'' if more == 1 else 's'} should settle it.{named}"


def enough_on(finding: Finding) -> date | None:
    """The day on which the least number of periods is complete, if none is missed from now on."""
    missing = MINIMUM_PERIODS[finding.frequency] - finding.periods
    if finding.window_end is None or missing <= 0:
        return None
    if finding.frequency == "weekly":
        return finding.window_end + timedelta(weeks=missing, days=1)
    months = missing if finding.frequency == "monthly" else 3 * missing
    return month_shift(finding.window_end + timedelta(days=1), months)


def provisional(finding: Finding) -> str:
    """Why a verdict may still turn; empty when it is settled."""
    if not finding.provisional:
        return ""
    if _only_just(finding):
        return (
            f"Provisional: with {values.plural(finding.family, 'belief')} tested together it only just passes. "
            "A few more periods may turn it, and its size is likely overstated."
        )
    return (
        f"Provisional: {values.plural(finding.periods, _noun(finding))} are few. A few more may turn it, and the "
        "size of what is found in short histories is likely overstated."
    )


def _only_just(finding: Finding) -> bool:
    return finding.is_found and finding.p_adjusted is not None and finding.p_adjusted > SURE_P


def after_wording(finding: Finding) -> str:
    """How much of the evidence came after the present wording; empty when nearly all of it did."""
    after, whole = finding.after_wording, finding.periods
    if after is None or not whole or after >= whole:
        return ""
    noun = _noun(finding)
    return (
        f"The evidence starts with what is known: {values.number(after)} of {values.plural(whole, noun)} came after "
        "this wording."
    )


# --- what was set aside ---------------------------------------------------------------------------


def shift_sentences(finding: Finding) -> list[str]:
    """Jumps in level that were not counted: one event is never evidence."""
    days = sorted({shift.start for shift in finding.shifts})
    sentences = []
    for day in days:
        sides = {shift.side for shift in finding.shifts if shift.start == day}
        which = (
            "both series moved once"
            if len(sides) > 1
            else f"{finding.metric.name if 'metric' in sides else finding.goal.name} moved once"
        )
        sentences.append(
            f"We do not count the jump in the {_noun(finding)} of {values.long_date(day)}: {which}, and one event "
            "is never evidence."
        )
    return sentences


def season_sentence(finding: Finding) -> str:
    """Which rhythms were taken out before comparing."""
    names = [name.replace("_", " ") for name in finding.seasons]
    if not names:
        return "No season was taken out: neither series showed one."
    return f"Taken out before comparing: {_list(names)}."


def left_over_sentence(finding: Finding) -> str:
    """What became of the periods that were neither compared nor set aside; empty when there are none."""
    missing = finding.periods - finding.rows_used - len(finding.aside)
    if not finding.rows_used or missing <= 0:
        return ""
    noun = _noun(finding)
    why = f"the first {noun}s have too little before them to tell a surprise"
    if finding.lag:
        why = f"the goal is set against the metric {values.plural(finding.lag, noun)} before, and {why}"
    return f"{values.plural(missing, f'further {noun}')} had no figure or no partner: {why}."


def holidays_sentence(finding: Finding, *, country: str) -> str:
    """That no holiday was set aside where no country says which there are; empty for months and quarters."""
    if country or finding.frequency != "weekly" or not finding.rows_used:
        return ""
    return "No public holidays: the settings name no country."


# --- the weak point -------------------------------------------------------------------------------


def weak_point(finding: Finding, halves: Halves | None = None) -> str:
    """The most fragile thing about this result; empty where there is no result to be fragile.

    `halves` are the two parts of the history at the lag that is shown, if there is enough of it to part.
    """
    if not finding.is_enough:
        return ""
    return _weak_halves(finding, halves) or _weak_lag(finding) or _weak_history(finding)


def _weak_halves(finding: Finding, halves: Halves | None) -> str:
    if halves is None or not finding.is_found or not halves.is_lopsided:
        return ""
    sign = 1 if finding.goal_up else -1
    noun = _noun(finding)
    first, second = (axes.signed(sign * part) for part in (halves.first, halves.second))
    parts = (
        f"within the earlier half the association is {first} ({values.plural(halves.first_count, noun)}), within the "
        f"later half {second} ({values.plural(halves.second_count, noun)})"
    )
    if halves.first * halves.second < 0:
        return f"The two halves of the history disagree: {parts}. Something else may have changed in between."
    where = "earlier" if abs(halves.first) > abs(halves.second) else "later"
    return f"Most of it comes from the {where} half of the history: {parts}."


def _weak_lag(finding: Finding) -> str:
    if not finding.is_found:
        return ""
    noun = _noun(finding)
    if finding.lag == 0:
        return (
            f"They moved in the same {noun}, so the data cannot say which came first: the metric may as well have "
            "followed the goal."
        )
    if len(finding.plausible) > 3:
        return (
            f"The lag is not sharp: anything from {span(finding.plausible)} {noun}s fits almost as well, so do not "
            "plan on the exact delay."
        )
    return ""


def _weak_history(finding: Finding) -> str:
    noun, share = _noun(finding), finding.rows_used / finding.periods if finding.periods else 1.0
    if share < 0.75:
        return (
            f"Only {values.number(finding.rows_used)} of {values.plural(finding.periods, noun)} could be compared; "
            "the rest had no figure or were set aside."
        )
    if finding.provisional and _only_just(finding):
        return (
            f"With {values.plural(finding.family, 'belief')} tested together it only just passes, and what only just "
            "passes is partly luck."
        )
    if finding.provisional:
        return f"It rests on {values.plural(finding.periods, noun)}; results from so few are partly luck."
    if finding.is_found:
        return (
            "A third factor that moves the metric first and the goal later would look exactly like this. Look "
            "through the other explanations before you act on it."
        )
    if finding.reason == "too_small":
        return (
            "Only steady, straight-line links are seen. One that holds for some customers only, or only above a "
            "threshold, could hide here."
        )
    if finding.minimum_detectable is not None and not math.isnan(finding.minimum_detectable):
        return (
            f"From {values.plural(finding.rows_used, noun)}, a link that accounts for less than "
            f"{share_of(finding.minimum_detectable)} of the goal's unexplained movement would often be missed."
        )
    return f"It rests on {values.plural(finding.rows_used, noun)}."


# --- parts ------------------------------------------------------------------------------------------


def _noun(finding: Finding) -> str:
    return noun_of(finding.frequency)


def _compared(finding: Finding) -> str:
    text = values.plural(finding.rows_used or finding.periods, _noun(finding))
    return f"{text} to {values.long_date(finding.window_end)}" if finding.window_end else text


def _window_words(finding: Finding) -> str:
    lags = span(finding.lags)
    return f"at every lag from {lags} {_noun(finding)}s" if lags else "at the lag that was tested"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
