"""Insights: list, one insight, add, change, remove, bring back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.forms import form_save, form_status
from common.pages import do_and_tell, render_page, way_back
from strategy.models import Insight
from strategy.selectors.insights import (
    InsightChoice,
    Subjects,
    insight_choose,
    insight_rows,
    insight_subjects,
    stances_of,
)
from strategy.services.insights import (
    FIELDS,
    insight_create,
    insight_remove,
    insight_restore,
    insight_update,
)
from strategy.views.access import Visit, visit
from strategy.voice_forms import InsightEditForm, InsightForm
from teams.permissions import can_change_own, can_participate, own_or_strategy_required

PAGE_SIZE = 30


@login_required
@require_GET
def insight_list(request: HttpRequest, product: str) -> HttpResponse:
    """What do people tell us that numbers do not? Filters live in the address."""
    at = visit(request, product)
    choice = _choice(request)
    chosen = insight_choose(product=at.product, choice=choice)
    page = Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "product": at.product,
        "page": page,
        "rows": insight_rows(insights=page.object_list, product=at.product, today=at.today),
        "stances": stances_of(chosen),
        "choice": choice,
        "subjects": insight_subjects(product=at.product, today=at.today),
        "words": Insight.Stance.choices,
        "may_add": can_participate(at.user, at.product),
    }
    return render_page(
        request, "strategy/insight_list.html", context, partial="strategy/partials/_insight_list.html"
    )


def _choice(request: HttpRequest) -> InsightChoice:
    stance, goal, mapping = (request.GET.get(name, "") for name in ("stance", "goal", "mapping"))
    return InsightChoice(
        search=request.GET.get("q", "").strip(),
        stance=stance if stance in Insight.Stance.values else "",
        goal=_number(goal),
        mapping=_number(mapping),
        removed=request.GET.get("show") == "removed",
    )


def _number(text: str) -> int | None:
    """A row's id from an address; None for what cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@login_required
@require_GET
def insight_detail(request: HttpRequest, product: str, insight: int) -> HttpResponse:
    """One insight: its words, where they come from, and what they speak about."""
    at = visit(request, product)
    one = _insight_get_or_404(at, insight)
    context = {
        "product": at.product,
        "insight": one,
        "row": insight_rows(insights=[one], product=at.product, today=at.today)[0],
        "may_change": can_change_own(at.user, at.product, one.author_id),
        "history": audit_list(one, limit=30),
    }
    return render_page(request, "strategy/insight_detail.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def insight_new(request: HttpRequest, product: str) -> HttpResponse:
    """A new insight; `?mapping=` or `?goal=` chooses what it is about, `?next=` says where to go on."""
    at = visit(request, product, take_part=True)
    subjects = insight_subjects(product=at.product, today=at.today)
    initial = {"about": _asked(request, subjects), "dated": at.today, "stance": request.GET.get("stance")}
    form = InsightForm(request.POST or None, initial=_given(initial), subjects=subjects)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        made = form_save(
            form, lambda: insight_create(product=at.product, actor=at.user, now=at.now, **values)
        )
        if made is not None:
            undo = reverse("strategy:insight-remove", args=[at.product.slug, made.pk])
            messages.success(request, "Insight added", extra_tags=f"undo:{undo}")
            return redirect(way_back(request, made.get_absolute_url()))
    back = way_back(request, reverse("strategy:insight-list", args=[at.product.slug]))
    context = {"product": at.product, "form": form, "subjects": subjects, "back": back}
    return render_page(request, "strategy/insight_form.html", context, status=form_status(form))


def _asked(request: HttpRequest, subjects: Subjects) -> str:
    """What the address says the insight is about: a belief's number, or a goal's slug or number."""
    belief, goal = request.GET.get("mapping", ""), request.GET.get("goal", "")
    for mapping in subjects.mappings:
        if str(mapping.pk) == belief:
            return f"mapping-{mapping.pk}"
    return next((f"goal-{row.pk}" for row in subjects.goals if goal in {row.slug, str(row.pk)}), "")


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty, so that the form's own beginnings stay."""
    return {name: value for name, value in values.items() if value}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def insight_edit(request: HttpRequest, product: str, insight: int) -> HttpResponse:
    """Changes an insight; both versions when somebody was quicker."""
    at, one = _writable(request, product, insight)
    subjects = insight_subjects(product=at.product, today=at.today, keep=one)
    form = InsightEditForm(
        request.POST or None, initial=_initial(one) | {"version": one.version}, subjects=subjects
    )
    if request.method == "POST" and form.is_valid():
        values = form.values()
        expected = values.pop("version")
        saved = form_save(
            form,
            lambda: insight_update(
                insight=one, changes_wanted=values, actor=at.user, now=at.now, expected_version=expected
            ),
            _initial,
        )
        if saved is not None:
            messages.success(request, "Insight saved")
            return redirect("strategy:insight-detail", product=at.product.slug, insight=one.pk)
    context = {
        "product": at.product,
        "form": form,
        "insight": one,
        "subjects": subjects,
        "back": reverse("strategy:insight-detail", args=[at.product.slug, one.pk]),
    }
    return render_page(request, "strategy/insight_form.html", context, status=form_status(form))


@login_required
@require_POST
def insight_take_away(request: HttpRequest, product: str, insight: int) -> HttpResponse:
    """Removes an insight; the answer offers to bring it back."""
    at, one = _writable(request, product, insight)
    undo = reverse("strategy:insight-restore", args=[at.product.slug, one.pk])
    do_and_tell(
        request, lambda: insight_remove(insight=one, actor=at.user, now=at.now), "Insight removed", undo=undo
    )
    return redirect("strategy:insight-list", product=at.product.slug)


@login_required
@require_POST
def insight_bring_back(request: HttpRequest, product: str, insight: int) -> HttpResponse:
    """Brings a removed insight back."""
    at, one = _writable(request, product, insight)
    do_and_tell(request, lambda: insight_restore(insight=one, actor=at.user), "Insight brought back")
    return redirect("strategy:insight-detail", product=at.product.slug, insight=one.pk)


def _insight_get_or_404(at: Visit, insight: int) -> Insight:
    rows = Insight.objects.filter(product=at.product)
    one = get_object_or_404(
        rows.select_related("mapping__metric", "mapping__goal", "goal", "author"), pk=insight
    )
    one.product = at.product
    return one


def _writable(request: HttpRequest, product: str, insight: int) -> tuple[Visit, Insight]:
    """The insight at this address: 404 for strangers, 403 for whoever may not change it."""
    at = visit(request, product)
    one = _insight_get_or_404(at, insight)
    own_or_strategy_required(at.user, at.product, one.author_id, "this insight")
    return at, one


def _initial(insight: Insight) -> dict[str, Any]:
    values = {name: getattr(insight, name) for name in FIELDS if name not in {"mapping", "goal"}}
    about = f"mapping-{insight.mapping_id}" if insight.mapping_id else f"goal-{insight.goal_id}"
    return values | {"about": about}
