"""`{% load bearing %}`: the tags and filters of docs/design-system.md. Thin: the work is in common.display."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.db.models import Model
from django.forms import BaseForm, BaseFormSet, BoundField
from django.template import RequestContext
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from common.display import forms, markup, svg, values
from common.display.betmap import bet_list, bet_map_svg
from common.display.history import history_entries
from common.display.pairs_svg import lag_profile, pair_scatter
from common.display.panels_svg import two_panels
from common.display.parts import (
    BetMap,
    BothVersions,
    Change,
    KeyItem,
    Segment,
    Step,
    Table,
    TreeGoal,
)
from common.display.words import EVIDENCE, word_for
from common.figures import figure_json

register = template.Library()

# --- words, figures, status, small charts -----------------------------------------------------------
for function in (
    markup.icon,
    markup.pill,
    markup.tag,
    markup.goal_status,
    markup.metric_status,
    markup.quarter_result,
    markup.job_state,
    markup.target_state,
    markup.contest_phase,
    markup.confidence,
    markup.card_flag,
    markup.evidence_badge,
    markup.evidence_counts,
    markup.reading,
    markup.reading_name,
    markup.belief,
    markup.quarter_strip,
    markup.stage_counts,
    markup.freshness,
    markup.avatar,
    svg.sparkline,
    svg.bullet,
    svg.bar,
    values.plural,
):
    register.simple_tag(function)
register.filter("initials", values.initials)
register.filter("words", values.count_words)
register.filter("long_date", values.long_date)
register.filter("short_date", values.short_date)
register.filter("day_time", values.day_time)
register.filter("web_url", values.web_url)


@register.filter
def number(value: values.Number | None, decimals: int = 0) -> str:
    """`{{ value|number:1 }}`: thousands separators and a real minus sign."""
    return values.number(value, decimals)


@register.filter
def metric_value(value: values.Number | None, metric: values.HasUnit) -> str:
    """`{{ value|metric_value:metric }}`: the metric's own decimals and unit."""
    return values.with_unit(value, metric.unit, metric.decimals)


@register.filter
def metric_number(value: values.Number | None, metric: values.HasUnit) -> str:
    """The metric's own decimals without the unit, for columns whose head names it."""
    return values.number(value, metric.decimals)


@register.filter
def metric_change(value: values.Number | None, metric: values.HasUnit) -> str:
    """A signed difference; of percentages in points."""
    return values.change(value, metric.unit, metric.decimals)


@register.filter
def undo_url(message: Any) -> str:
    """The address that takes a done thing back, from `extra_tags="undo:/path/"`; empty when there is none."""
    for part in str(getattr(message, "extra_tags", "")).split():
        if part.startswith("undo:/") and not part.startswith("undo://"):
            return part.removeprefix("undo:")
    return ""


# --- parts of a page that rest on little ------------------------------------------------------------
@register.simple_tag
def remembered(name: str, **values: Hashable) -> SafeString:
    """`{% remembered "components/_nav.html" places=shell.places %}`: a part rendered anew only for other values.

    For parts of every page. The template gets `values` and nothing else: no request, person or token. They must be
    plain, immutable and equal only when they look alike, which no row of the database is: two are equal by their id,
    whatever has changed. No moment of time either, since the part would show it in the zone of whoever came first.
    """
    if any(isinstance(value, Model) for value in values.values()):
        raise TypeError(f"{name} cannot be remembered by a model: give the fields that it shows.")
    items = tuple(values.items())
    return _part(name, items) if settings.DEBUG else _part_remembered(name, items)


def _part(name: str, items: tuple[tuple[str, Hashable], ...]) -> SafeString:
    return render_to_string(name, dict(items))


_part_remembered = lru_cache(maxsize=1024)(_part)


# --- components -------------------------------------------------------------------------------------
@register.inclusion_tag("components/_segments.html")
def segments(items: Sequence[Segment]) -> dict[str, Any]:
    """A segmented bar with its legend in words and numbers."""
    return {
        "items": items,
        "cells": [item.kind for item in items for _ in range(item.count)],
    }


@register.inclusion_tag("components/_bet_map.html")
def bet_map(bets: BetMap) -> dict[str, Any]:
    """The map of bets: a drawing, its key, and a list on phones."""
    rows = [
        (
            goal,
            word_for("goal", goal.status),
            [(metric, EVIDENCE[verdict]) for metric, verdict in metrics],
        )
        for goal, metrics in bet_list(bets)
    ]
    return {
        "drawing": bet_map_svg(bets),
        "rows": rows,
        "key": [EVIDENCE[code] for code in EVIDENCE if code != "untested"],
    }


register.simple_tag(two_panels)
register.simple_tag(pair_scatter)
register.simple_tag(lag_profile)


@register.inclusion_tag("components/_chart_table.html")
def chart_table(table: Table, label: str) -> dict[str, Any]:
    """The figures of a drawn chart, behind "Show the numbers as a table"."""
    return {"table": table, "label": label, "body": markup.table_rows(table.rows)}


@register.inclusion_tag("components/_metric_tree.html")
def metric_tree(tree: TreeGoal) -> dict[str, Any]:
    """From a goal to its metrics to the cards in hand, as a nested list with drawn branches."""
    return {"tree": tree}


@register.inclusion_tag("components/_contest_steps.html")
def contest_steps(steps: Sequence[Step]) -> dict[str, Any]:
    """The steps of a contest: done, now (aria-current) and next."""
    return {"steps": steps}


@register.inclusion_tag("components/_panel_header.html")
def panel_header(
    title: str,
    id: str = "",  # noqa: A002 - reads best in a template
    finding: str = "",
    more: str = "",
    url: str = "",
) -> dict[str, Any]:
    """The head of a panel: title, an optional one-line finding, a link at the right."""
    return {"title": title, "id": id, "finding": finding, "more": more, "url": url}


NOTICE_ICONS = {
    "bad": "off",
    "warn": "risk",
    "info": "info",
    "good": "check",
    "": "info",
}


@register.inclusion_tag("components/_notice.html")
def notice(
    kind: str,
    title: str,
    text: str = "",
    action: str = "",
    url: str = "",
    icon: str = "",
    alert: bool = False,
) -> dict[str, Any]:
    """Icon, bold line, facts, and at most one link drawn as a button."""
    if kind not in NOTICE_ICONS:
        raise ValueError(f"{kind!r} is not a kind of notice; known: good, warn, bad, info or nothing.")
    return {
        "kind": kind,
        "title": title,
        "text": text,
        "action": action,
        "url": url,
        "icon": icon or NOTICE_ICONS[kind],
        "alert": alert,
    }


@register.inclusion_tag("components/_empty.html")
def empty_state(icon: str, title: str, text: str = "", action: str = "", url: str = "") -> dict[str, Any]:
    """What will be here, why it is empty, and one way on."""
    return {"icon": icon, "title": title, "text": text, "action": action, "url": url}


@register.inclusion_tag("components/_error_part.html")
def error_part(
    title: str, text: str = "The rest of the page is not affected.", url: str = ""
) -> dict[str, Any]:
    """One part of a page failed: what, whether the figures are safe, and Try again."""
    return {"title": title, "text": text, "url": url}


@register.inclusion_tag("components/_loading.html")
def loading(text: str) -> dict[str, Any]:
    """Keeps the place of a part that is being fetched."""
    return {"text": text}


@register.inclusion_tag("components/_job.html")
def job_progress(run: Any, url: str, title: str = "", element_id: str = "") -> dict[str, Any]:
    """A `JobRun`. `url` answers this same part; it is asked every 2 s while the run is not over."""
    word = word_for("job", run.state)
    return {
        "run": run,
        "url": url,
        "title": title or str(run.kind).replace("_", " ").capitalize(),
        "word": word,
        "element_id": element_id or f"job-{run.pk}",
    }


@register.inclusion_tag("components/_history.html")
def history_list(events: Sequence[Any], brief: bool = False) -> dict[str, Any]:
    """Audit events as sentences with the fields that changed; a brief list names the first field only."""
    return {"entries": history_entries(events), "shown": ":1" if brief else ":"}


@register.inclusion_tag("components/_diff.html")
def diff_rows(rows: Sequence[Change]) -> dict[str, Any]:
    """What a change does, field by field, as deleted and inserted text."""
    return {"rows": rows}


@register.inclusion_tag("components/_conflict.html")
def conflict_notice(
    rows: Sequence[BothVersions], saved_by: str = "", saved_at: datetime | None = None
) -> dict[str, Any]:
    """Somebody else saved first: both versions, above the form that keeps what the reader typed."""
    return {"rows": rows, "saved_by": saved_by, "saved_at": saved_at}


@register.inclusion_tag("components/_plotly.html")
def plotly_figure(
    figure: Mapping[str, Any] | str,
    id: str,  # noqa: A002 - reads best in a template
    label: str,
    finding: str = "",
    table: Table | None = None,
    csv_url: str = "",
    key: Sequence[KeyItem] = (),
) -> dict[str, Any]:
    """A Plotly figure with its name, finding, key, and its numbers as a table that needs no script."""
    return {
        "figure": figure if isinstance(figure, str) else figure_json(figure),
        "id": id,
        "label": label,
        "finding": finding,
        "table": table,
        "csv_url": csv_url,
        "key": key,
    }


# --- forms and lists --------------------------------------------------------------------------------
@register.inclusion_tag("components/_form_errors.html")
def form_errors(*sources: BaseForm | BaseFormSet[Any]) -> dict[str, Any]:
    """The summary on top of a form: takes focus, links to each field."""
    items = forms.errors_of(sources)
    return {"items": items, "title": forms.errors_title(len(items))}


@register.inclusion_tag("components/_field.html")
def field(
    bound: BoundField,
    hint: str = "",
    label: str = "",
    short: bool = False,
    optional: bool = True,
) -> dict[str, Any]:
    """Label, hint, control, error. `optional=False` leaves out the word "optional"."""
    return forms.field_context(bound, hint=hint, label=label, short=short, optional=optional)


@register.inclusion_tag("components/_form_fields.html")
def form_fields(form: BaseForm) -> dict[str, Any]:
    """Every field of a form, hidden ones included."""
    return {
        "hidden": form.hidden_fields(),
        "fields": [forms.field_context(bound) for bound in form.visible_fields()],
    }


@register.inclusion_tag("components/_pagination.html", takes_context=True)
def pagination(context: RequestContext, page: Page[Any], parameter: str = "page") -> dict[str, Any]:
    """Links to the pages of a list; the rest of the query string is kept."""
    request = context.get("request")
    query = request.GET.copy() if request is not None else None
    return {
        "page": page,
        "links": forms.page_links(page, query, parameter),
        "parameter": parameter,
    }


@register.simple_tag
def query_with(request: Any, **changes: Any) -> str:
    """The current query string with some values changed; None takes one away. For filter links."""
    return forms.query_with(request.GET, changes)
