"""Beliefs: new, adjust, retire, bring back; and the goals that a metric serves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from common.forms import form_save, form_status
from common.pages import render_page
from metrics.models import Metric
from strategy.forms import MappingEditForm, MappingNewForm, ReasonForm
from strategy.models import Mapping, MappingVersion
from strategy.selectors.lookups import goals_of_metric
from strategy.services import mapping_adjust, mapping_bring_back, mapping_create, mapping_retire
from strategy.services.mappings import FIELDS
from strategy.services.reviews import mapping_review_adjust
from strategy.views.access import visit


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mapping_new(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """A new belief under a goal."""
    at = visit(request, product, write=True)
    found = at.goal(goal)
    form = MappingNewForm(request.POST or None, product=at.product, initial={"owner": at.user.pk})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = form_save(form, lambda: mapping_create(goal=found, actor=at.user, now=at.now, **data))
        if made is not None:
            messages.success(request, "Belief added")
            return redirect(found)
    context = {"product": at.product, "goal": found, "form": form, "has_metrics": _has_outcome_metrics(form)}
    return render_page(request, "strategy/mapping_form.html", context, status=form_status(form))


def _has_outcome_metrics(form: MappingNewForm) -> bool:
    field: Any = form.fields["metric"]
    return bool(field.queryset.exists())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mapping_edit(request: HttpRequest, product: str, mapping: int) -> HttpResponse:
    """A new wording; both when somebody was quicker. With `?review=1` it is the outcome of a review."""
    at = visit(request, product, write=True)
    found = at.mapping(mapping)
    initial = wording_initial(found) | {"version": found.version}
    form = MappingEditForm(
        request.POST or None, product=at.product, owner_id=found.current.owner_id, initial=initial
    )
    review = bool(request.GET.get("review"))
    act: Any = mapping_review_adjust if review else mapping_adjust
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        expected, reason = data.pop("version"), data.pop("reason")
        saved = form_save(
            form,
            lambda: act(
                mapping=found,
                changes=data,
                actor=at.user,
                reason=reason,
                now=at.now,
                expected_version=expected,
            ),
            stored=lambda current: wording_initial(at.mapping(current.pk)),
        )
        if saved is not None:
            messages.success(request, "Reviewed: the belief is adjusted" if review else "Belief adjusted")
            return redirect(found)
        found = at.mapping(mapping)  # a refused write has read it afresh, without the goal's title
    context = {
        "product": at.product,
        "goal": found.goal,
        "mapping": found,
        "form": form,
        "has_metrics": True,
        "review": review,
    }
    return render_page(request, "strategy/mapping_form.html", context, status=form_status(form))


def wording_initial(mapping: Mapping) -> dict[str, Any]:
    """The newest wording's fields, as a form shows them."""
    newest: MappingVersion = mapping.versions.order_by("-number")[0]
    return {name: getattr(newest, name) for name in FIELDS if name != "owner"} | {"owner": newest.owner_id}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mapping_put_away(request: HttpRequest, product: str, mapping: int) -> HttpResponse:
    """Retires a belief, with a reason."""
    return _reasoned(request, product, mapping, retire=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mapping_restore(request: HttpRequest, product: str, mapping: int) -> HttpResponse:
    """Believes again."""
    return _reasoned(request, product, mapping, retire=False)


def _reasoned(request: HttpRequest, product: str, mapping_id: int, *, retire: bool) -> HttpResponse:
    at = visit(request, product, write=True)
    found = at.mapping(mapping_id)
    form = ReasonForm(request.POST or None, initial={"version": found.version})
    act = mapping_retire if retire else mapping_bring_back
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = form_save(
            form,
            lambda: act(
                mapping=found,
                actor=at.user,
                reason=data["reason"],
                now=at.now,
                expected_version=data["version"],
            ),
            stored=lambda _current: {},
        )
        if done is not None:
            messages.success(request, "Belief retired" if retire else "Belief brought back")
            return redirect(done)
    context = {"product": at.product, "mapping": found, "form": form, "retire": retire}
    return render_page(request, "strategy/mapping_retire.html", context, status=form_status(form))


@login_required
@require_GET
def metric_goals(request: HttpRequest, product: str, key: str) -> HttpResponse:
    """The goals that a metric serves: a part of the metric's page, and a page of its own without script."""
    at = visit(request, product)
    metric = Metric.objects.visible_to(at.user).of_product(at.product).filter(key=key).first()
    context = {
        "product": at.product,
        "metric": metric,
        "goals": goals_of_metric(metric=metric, product=at.product, today=at.today) if metric else [],
    }
    status = 200 if metric else 404
    return render_page(
        request,
        "strategy/metric_goals.html",
        context,
        partial="strategy/partials/_metric_goals.html",
        status=status,
    )
