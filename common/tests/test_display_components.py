"""Forms, lists, jobs, history and figures as parts of a page."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory

from common import figures
from common.display import forms as form_parts
from common.display.history import history_entries
from common.models import AuditEvent, JobRun
from common.quarters import FiscalCalendar
from common.templatetags.bearing import undo_url

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


class GoalForm(forms.Form):
    title = forms.CharField(help_text="What shall be achieved")
    target = forms.DecimalField(error_messages={"required": "Enter a target for Q1 2027"})
    bet = forms.CharField(required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)
    horizon = forms.ChoiceField(choices=[("short", "Short"), ("long", "Long")], widget=forms.RadioSelect)

    def clean(self) -> None:
        raise forms.ValidationError("Two goals have this metric")


def render(source: str, **context: Any) -> str:
    return Template("{% load bearing %}" + source).render(Context(context))


def test_a_field_ties_label_hint_control_and_error_together() -> None:
    form = GoalForm(data={})

    html = render("{% field form.title %}", form=form)

    assert '<label for="id_title">Title</label>' in html
    assert '<span class="hint" id="id_title-hint">What shall be achieved</span>' in html
    assert 'aria-describedby="id_title-hint id_title-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_title-error"' in html


def test_an_optional_field_says_so_and_a_required_one_does_not() -> None:
    form = GoalForm()

    assert "(optional)" in render("{% field form.bet %}", form=form)
    assert "(optional)" not in render("{% field form.title %}", form=form)


def test_the_summary_names_each_field_and_leads_to_it() -> None:
    form = GoalForm(data={"title": ""})

    html = render("{% form_errors form %}", form=form)

    assert "Five things need fixing" in html
    assert '<a href="#id_title">Title: This field is required.</a>' in html
    assert '<a href="#id_target">Enter a target for Q1 2027</a>' in html
    assert '<a href="#id_horizon_0">' in html
    assert "<li>Two goals have this metric</li>" in html


def test_a_label_that_asks_keeps_its_question_mark_alone() -> None:
    class Asking(forms.Form):
        title = forms.CharField(label="What else could explain it?")

    html = render("{% form_errors form %}", form=Asking(data={}))

    assert "What else could explain it? This field is required." in html


def test_there_is_no_summary_without_errors() -> None:
    assert render("{% form_errors form %}", form=GoalForm()).strip() == ""


def test_a_formset_brings_the_errors_of_its_rows() -> None:
    rows = forms.formset_factory(GoalForm, extra=0)(
        data={"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-title": "x"}
    )

    found = form_parts.errors_of([rows])

    assert "id_form-0-target" in [error.target for error in found]


def test_what_was_typed_cannot_become_markup() -> None:
    form = GoalForm(data={"title": '"><script>alert(1)</script>'})

    assert "<script>" not in render("{% form_fields form %}", form=form)


def test_a_pager_keeps_the_query_and_shows_the_neighbours() -> None:
    request = RequestFactory().get("/goals/?state=open&page=7&q=a%26b")

    html = render("{% pagination page %}", page=Paginator(range(240), 10).page(7), request=request)

    assert 'aria-current="page"><span class="vh">Page </span>7<' in html
    assert 'href="?state=open&amp;q=a%26b&amp;page=8"' in html
    assert html.count("…") == 2


def test_one_page_needs_no_pager() -> None:
    request = RequestFactory().get("/")

    assert render("{% pagination page %}", page=Paginator([], 10).page(1), request=request).strip() == ""


def test_a_filter_link_changes_one_value_and_keeps_the_rest() -> None:
    query = QueryDict("team=a&team=b&page=3")

    assert form_parts.query_with(query, {"page": None, "q": "x"}) == "?team=a&team=b&q=x"


def test_a_running_job_polls_and_can_be_refreshed_by_hand() -> None:
    run = JobRun(
        pk=4, kind="board_sync", state="running", progress=23, total=35, started_at=NOW, created_at=NOW
    )

    html = render('{% job_progress run "/jobs/4/" %}', run=run)

    assert 'hx-get="/jobs/4/" hx-trigger="every 2s"' in html
    assert '<progress max="35" value="23"' in html
    assert '<a href="/jobs/4/">Refresh</a>' in html


def test_a_job_that_is_over_stops_polling_and_shows_its_error() -> None:
    run = JobRun(
        pk=4, kind="board_sync", state="failed", error="The key was <b>refused</b>.", finished_at=NOW
    )

    html = render('{% job_progress run "/jobs/4/" %}', run=run)

    assert "hx-get" not in html
    assert "The key was &lt;b&gt;refused&lt;/b&gt;." in html


def test_history_tells_who_changed_what_and_leaves_out_what_stayed() -> None:
    event = AuditEvent(
        at=NOW,
        service="evaluation",
        action="quarter judged",
        before={"verdict": None, "target": "20.5", "is_provisional": True},
        after={"verdict": "missed", "target": "20.5", "is_provisional": False},
    )

    [entry] = history_entries([event])

    assert entry.who == "Bearing (evaluation)"
    assert [(change.label, change.before, change.after) for change in entry.changes] == [
        ("Verdict", "", "missed"),
        ("Is provisional", "yes", "no"),
    ]


def test_history_puts_days_and_words_of_ours_as_people_write_them() -> None:
    event = AuditEvent(
        action="proposal drafted",
        at=NOW,
        after={
            "kind": "change_mappings",
            "title": "Take_it",
            "quarter_start": "2026-10-01",
            "day": "2026-13-01",
        },
    )

    [entry] = history_entries([event])

    assert [change.after for change in entry.changes] == [
        "change mappings",
        "Take_it",
        "1 October 2026",
        "2026-13-01",
    ]


def test_history_names_the_fields_of_a_belief_as_its_form_does() -> None:
    event = AuditEvent(
        at=NOW,
        action="belief adjusted",
        before={"direction": "+", "strength": 1, "falsifier": "", "lag_weeks": 4},
        after={"direction": "-", "strength": 3, "falsifier": "No use.", "lag_weeks": 8},
    )

    [entry] = history_entries([event])

    assert [(change.label, change.after) for change in entry.changes] == [
        ("Direction", "moves the other way"),
        ("Strength", "strong"),
        ("What would prove us wrong", "No use."),
        ("Lag in weeks", "8"),
    ]


def test_history_escapes_what_people_wrote() -> None:
    event = AuditEvent(at=NOW, action="goal edited", reason="<img src=x onerror=1>", after={"title": "<b>"})

    html = render("{% history_list events %}", events=[event])

    assert "<img" not in html
    assert "<ins>&lt;b&gt;</ins>" in html


@pytest.mark.parametrize(
    ("tags", "url"),
    [
        ("undo:/p/fieldnote/goals/3/restore/", "/p/fieldnote/goals/3/restore/"),
        ("undo://evil.example/", ""),
        ("undo:https://evil.example/", ""),
        ("", ""),
    ],
)
def test_a_toast_undoes_only_inside_this_site(tags: str, url: str) -> None:
    assert undo_url(Message(25, "Saved", extra_tags=tags)) == url


def test_a_figure_cannot_close_its_script_and_nan_is_null() -> None:
    text = figures.figure_json({"data": [{"name": "</script><b>", "y": [1, math.nan]}], "layout": {}})

    assert "</script>" not in text
    assert json.loads(text)["data"] == [{"name": "</script><b>", "y": [1, None]}]


def test_the_figure_helpers_give_what_plotly_accepts() -> None:
    import plotly.graph_objects as go

    quarter = FiscalCalendar().quarter_of(date(2026, 11, 18))
    layout = figures.line_layout(
        start=quarter.previous.start, end=quarter.end, unit="%", narrow_start=quarter.start
    )
    shapes, notes = figures.event_marks([("1", quarter.start)])
    layout["shapes"] = figures.quarter_shapes([quarter.previous, quarter], open_quarter=quarter) + shapes
    layout["annotations"] = [
        *figures.quarter_notes([quarter.previous, quarter], open_quarter=quarter),
        *notes,
    ]
    figures.end_label_add(layout, 21.5, unit="%", decimals=1)
    figures.read_along(layout, curve=0, sentences=["Week of 12 November 2026: 20.0%"])
    data = [
        figures.line_trace([quarter.start], [20.0], name="Weekly value", unit="%", faint=True),
        figures.band_trace([(quarter.start, 19.0, 21.0), (quarter.end, 20.0, 22.0)], name="Usual range"),
        figures.target_trace([(quarter.start, quarter.end, 21.5)], unit="%"),
        figures.result_trace([(quarter.start, 20.0)], met=False),
    ]

    go.Figure({"data": data, "layout": layout})  # raises on anything outside the schema


@pytest.mark.parametrize(
    ("unit", "words", "on_phones"),
    [
        ("%", ["1,231%"], ["1,231%"]),
        ("accounts", ["1,231", "accounts"], ["1,231", "accounts"]),
        ("scheduled jobs", ["1,231", "scheduled jobs"], ["1,231"]),
    ],
)
def test_a_value_at_the_end_has_room_in_the_margin(unit: str, words: list[str], on_phones: list[str]) -> None:
    layout = figures.line_layout(start=date(2026, 10, 1), end=date(2027, 1, 1), unit=unit)

    figures.end_label_add(layout, 1231.0, unit=unit)

    notes = layout["annotations"]
    assert [note["text"] for note in notes] == words
    assert [note["text"] for note in notes if note["name"] != "wide"] == on_phones  # what the script leaves
    assert layout["margin"]["r"] >= 7 * max(map(len, words))
    assert layout["meta"]["narrow"]["margin.r"] >= 7 * max(map(len, on_phones))
    assert {note["xref"] for note in notes} == {"paper"}  # beyond the plot, where no line goes


@pytest.mark.parametrize(("unit", "suffix"), [("%", "%"), ("", ""), ("ms", " ms"), ("invoices", "")])
def test_an_axis_shows_only_a_unit_that_fits_beside_its_figures(unit: str, suffix: str) -> None:
    layout = figures.line_layout(start=date(2026, 10, 1), end=date(2027, 1, 1), unit=unit)

    assert layout["yaxis"]["ticksuffix"] == suffix


def test_the_table_of_a_figure_stands_in_the_page() -> None:
    from common.display.parts import Table

    html = render(
        '{% plotly_figure figure "chart" "Paid accounts" table=table csv_url="/f.csv" %}',
        figure={"data": [], "layout": {}},
        table=Table(["Week of", "Value"], [["12 Nov 2026", "20.0%"]]),
    )

    assert '<th scope="row">12 Nov 2026</th><td class="r">20.0%</td>' in html
    assert 'href="/f.csv"' in html
    assert 'id="chart-data"' in html
