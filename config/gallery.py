"""The component gallery: every part in every state on one page, for admins, and for the browser tests.

The figures are made up here and belong to nobody; they only show how parts look.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from common import figures
from common.display import parts, words
from common.pages import render_page
from common.quarters import FiscalCalendar
from common.templatetags.bearing import job_progress
from config import gallery_evidence
from teams.permissions import admin_required

_RESULTS = ("no_target", "exempt", "missed", "met", "met", "missed", "no_data", "open")
_STAGES = (
    ("Prioritised Opportunities", 2),
    ("In Validation", 1),
    ("In Progress", 3),
    ("Released", 1),
    ("Verified", 0),
)


class SampleForm(forms.Form):
    """Shows each kind of control; refuses what a reader of the gallery is likely to leave empty."""

    target = forms.DecimalField(
        label="Target for Q1 2027, in percent",
        help_text="Last quarter: 21.5",
        error_messages={"required": "Enter a target for Q1 2027"},
    )
    owner = forms.ChoiceField(
        choices=[("", "Choose"), ("lead", "Onboarding lead")], error_messages={"required": "Choose an owner"}
    )
    bet = forms.CharField(label="Why we believe it", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    horizon = forms.ChoiceField(
        choices=[("short", "Within a year"), ("long", "Beyond a year")],
        widget=forms.RadioSelect,
        initial="short",
    )
    figures = forms.FileField(label="A file of figures", required=False)
    tell = forms.BooleanField(label="Tell the team", required=False)


@login_required
def components(request: HttpRequest) -> HttpResponse:
    """The gallery; `?toast=1` adds the toasts."""
    admin_required(request.user)
    now = timezone.now()
    if (state := request.GET.get("job", "")) in {"running", "waiting"}:
        return render(request, "components/_job.html", job_progress(_job(state, now), f"?job={state}"))
    if "toast" in request.GET:
        messages.success(request, "Check-in saved", extra_tags="undo:/settings/components/")
        messages.warning(request, "One board could not be read")
    return render_page(request, "config/components.html", _context(now, timezone.localdate(now)))


def _context(now: datetime, today: date) -> dict[str, Any]:
    form = SampleForm(data={"horizon": "short"})
    form.is_valid()
    metric = SimpleNamespace(unit="%", decimals=1)
    return _codes() | {
        "form": form,
        "counts": {"supported": 7, "contradicted": 2, "inconclusive": 5, "not_enough_data": 1},
        "cells": _cells(today),
        "points": _points(today),
        "steps": [
            (today - timedelta(days=182), today - timedelta(days=91), 19.5),
            (today - timedelta(days=91), today, 20),
        ],
        "segments": [
            parts.Segment("good", 3, "On track", "ontrack"),
            parts.Segment("warn", 1, "At risk", "risk"),
            parts.Segment("bad", 1, "Off track", "off"),
            parts.Segment("none", 1, "No data", "nodatac"),
        ],
        "bets": _bets(),
        "two_panels_sample": gallery_evidence.two_panels(today),
        "pair_scatter_sample": gallery_evidence.pair_scatter(),
        "lag_profile_sample": gallery_evidence.lag_profile(),
        "tree": _tree(),
        "contest_steps": _contest_steps(),
        "stages": _STAGES,
        "today": today,
        "days_ago": {days: today - timedelta(days=days) for days in (0, 9, 20)},
        "late_day": today - timedelta(days=9),
        "stale_day": today - timedelta(days=20),
        "now": now,
        "metric": metric,
        "figure": _figure(today),
        "figure_table": parts.Table(
            ["Week of", "4-week average", "Target"], [["12 Nov 2026", "20.0%", "21.5%"]]
        ),
        "key": [parts.KeyItem("4-week average", "ln"), parts.KeyItem("Target", "tgt")],
        "running": _job("running", now),
        "waiting": _job("waiting", now),
        "failed": _job("failed", now),
        "page": Paginator(range(240), 10).page(7),
        "changes": [
            parts.Change("Target", "20.0%", "22.0%"),
            parts.Change("Reached in", "Q4 2026", "Q1 2027"),
        ],
        "both": [
            parts.BothVersions("Title", "More trials become customers", "Trials become customers"),
            parts.BothVersions("Owner", "Onboarding lead", "Onboarding lead"),
        ],
        "events": [_event(now)],
    }


def _codes() -> dict[str, Any]:
    """Every code that has a word, by family."""
    return {
        "families": [
            (name, list(words.FAMILIES[name])) for name in ("goal", "metric", "quarter", "job", "target")
        ],
        "goal_codes": list(words.GOAL),
        "metric_codes": list(words.METRIC),
        "quarter_codes": list(words.QUARTER),
        "job_codes": list(words.JOB),
        "contest_codes": list(words.CONTEST),
        "card_codes": list(words.CARD),
        "confidence_codes": list(words.CONFIDENCE),
        "evidence_codes": list(words.EVIDENCE),
        "reading_codes": list(words.READINGS),
    }


def _cells(today: date) -> list[parts.QuarterCell]:
    quarter = FiscalCalendar().quarter_of(today)
    cells = []
    for index, result in enumerate(_RESULTS):
        one = quarter.shift(index - len(_RESULTS) + 1)
        has_figures = result in {"met", "missed", "open"}
        cells.append(
            parts.QuarterCell(
                label=one.label,
                short=f"’{one.year % 100}" if one.number == 1 else f"Q{one.number}",
                result=result,
                actual="19.6%" if has_figures else "",
                target="20.5%" if has_figures else "",
                provisional=index == 5,
            )
        )
    return cells


def _points(today: date) -> list[tuple[date, float | None]]:
    """Half a year of weeks that rise unevenly, with one week missing."""
    return [
        (today - timedelta(weeks=26 - week), None if week == 12 else 17 + week * 0.12 + (week * 7 % 5) * 0.15)
        for week in range(27)
    ]


def _bets() -> parts.BetMap:
    here = "#map"
    return parts.BetMap(
        goals=[
            parts.BetGoal("g1", "Customers grow with us", here, "on_track", "109.9% of 110.0%"),
            parts.BetGoal("g2", "More trials become customers", here, "at_risk", "20.0% of 21.5%"),
            parts.BetGoal("g3", "Win larger trade businesses", here, "off_track", "23.7% of 33.0%"),
        ],
        metrics=[
            parts.BetMetric("m1", "Jobs that recur", here, "target_reached"),
            parts.BetMetric("m2", "Weekly active dispatchers", here, "on_pace"),
            parts.BetMetric("m3", "First job within 7 days", here, "behind_pace"),
            parts.BetMetric("m4", "Setup checklist finished", here, "target_reached"),
            parts.BetMetric(
                "m5", "Offline jobs that sync while the device is away from any network", here, "stale"
            ),
        ],
        teams=[
            parts.BetTeam("t1", "Onboarding", here, "2 of 3 metrics on pace", ["m3", "m4"]),
            parts.BetTeam("t2", "Dispatch", here, "1 of 2 metrics on pace", ["m1", "m2", "m5"]),
        ],
        links=[
            parts.BetLink("g1", "m1", "supported"),
            parts.BetLink("g1", "m2", "inconclusive"),
            parts.BetLink("g2", "m3", "supported"),
            parts.BetLink("g2", "m4", "contradicted"),
            parts.BetLink("g3", "m2", "untested"),
            parts.BetLink("g3", "m5", "not_enough_data"),
        ],
    )


def _tree() -> parts.TreeGoal:
    return parts.TreeGoal(
        "Trial-to-paid conversion",
        "#tree",
        "20.0%",
        "at_risk",
        [
            parts.TreeMetric(
                "First job within 7 days", "#tree", "44.1%", "behind_pace", "supported", 7, _STAGES
            ),
            parts.TreeMetric(
                "Setup checklist finished", "#tree", "71.6%", "target_reached", "contradicted", 1, _STAGES
            ),
        ],
    )


def _contest_steps() -> list[parts.Step]:
    return [
        parts.Step("Opened", "1 October. Third miss in a row", "done"),
        parts.Step("Proposals", "1 to 15 October. 3 received", "done"),
        parts.Step("Review", "Until 22 October", "now"),
        parts.Step("Voting", "22 to 29 October", "next"),
        parts.Step("Decided", "As version 3 of the goal", "next"),
    ]


def _figure(today: date) -> figures.Figure:
    points = [(day, value) for day, value in _points(today)]
    quarter = FiscalCalendar().quarter_of(today)
    quarters = [quarter.shift(-2), quarter.shift(-1), quarter]
    layout = figures.line_layout(
        start=quarters[0].start, end=quarter.end, unit="%", decimals=1, narrow_start=quarters[1].start
    )
    layout["shapes"] = figures.quarter_shapes(quarters, open_quarter=quarter)
    layout["annotations"] = figures.quarter_notes(quarters, open_quarter=quarter)
    figures.end_label_add(layout, 21.5, unit="%", decimals=1)
    steps = [(one.start, one.end, 19.5 + index) for index, one in enumerate(quarters)]
    figures.read_along(
        layout,
        curve=1,
        sentences=[
            None if value is None else f"Week of {day:%-d %B %Y}: {value:.1f}%" for day, value in points
        ],
    )
    days, values = [day for day, _ in points], [value for _, value in points]
    return {
        "data": [
            figures.target_trace(steps, unit="%", decimals=1),
            figures.line_trace(days, values, name="Weekly value", unit="%", decimals=1),
        ],
        "layout": layout,
    }


def _job(state: str, now: datetime) -> Any:
    return SimpleNamespace(
        pk=state,
        kind="board_sync",
        state=state,
        is_over=state == "failed",
        total=0 if state == "waiting" else 35,
        progress=0 if state == "waiting" else 23,
        error="Kanboard refused the key. Save a new one under Boards." if state == "failed" else "",
        created_at=now,
        started_at=None if state == "waiting" else now,
        finished_at=now if state == "failed" else None,
    )


def _event(now: datetime) -> Any:
    return SimpleNamespace(
        at=now,
        actor_id=1,
        actor="Onboarding lead",
        service="",
        action="goal edited",
        reason="The trial is three weeks long now.",
        before={"title": "Trials become customers", "target": "20.0"},
        after={"title": "More trials become customers", "target": "22.0"},
    )
