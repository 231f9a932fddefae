"""Other explanations on a belief: add, change, remove, bring back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common.audit import audit_list
from common.forms import form_save, form_status
from common.pages import do_and_tell, render_page
from metrics.models import Event
from strategy.models import Explanation, Mapping
from strategy.services.explanations import (
    FIELDS,
    explanation_create,
    explanation_remove,
    explanation_restore,
    explanation_update,
)
from strategy.views.access import Visit, visit
from strategy.voice_forms import ExplanationEditForm, ExplanationForm
from teams.permissions import own_or_strategy_required


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def explanation_new(request: HttpRequest, product: str, mapping: int) -> HttpResponse:
    """What else could explain how this metric and this goal moved?"""
    at = visit(request, product, take_part=True)
    found = at.mapping(mapping)
    form = ExplanationForm(request.POST or None, events=_events(at, found))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = form_save(form, lambda: explanation_create(mapping=found, actor=at.user, now=at.now, **data))
        if made is not None:
            undo = _url("explanation-remove", at, found, made)
            messages.success(request, "Explanation added", extra_tags=f"undo:{undo}")
            return redirect(found)
    context = {"product": at.product, "mapping": found, "form": form}
    return render_page(request, "strategy/explanation_form.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def explanation_edit(request: HttpRequest, product: str, mapping: int, explanation: int) -> HttpResponse:
    """Changes an explanation; both versions when somebody was quicker."""
    at, found, one = _writable(request, product, mapping, explanation)
    form = ExplanationEditForm(
        request.POST or None, initial=_initial(one) | {"version": one.version}, events=_events(at, found)
    )
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        expected = data.pop("version")
        saved = form_save(
            form,
            lambda: explanation_update(
                explanation=one, changes_wanted=data, actor=at.user, now=at.now, expected_version=expected
            ),
            _initial,
        )
        if saved is not None:
            messages.success(request, "Explanation saved")
            return redirect(found)
    context = {
        "product": at.product,
        "mapping": found,
        "form": form,
        "explanation": one,
        "history": audit_list(one, limit=30),
    }
    return render_page(request, "strategy/explanation_form.html", context, status=form_status(form))


@login_required
@require_POST
def explanation_take_away(request: HttpRequest, product: str, mapping: int, explanation: int) -> HttpResponse:
    """Removes an explanation; the answer offers to bring it back."""
    at, found, one = _writable(request, product, mapping, explanation)
    do_and_tell(
        request,
        lambda: explanation_remove(explanation=one, actor=at.user, now=at.now),
        "Explanation removed",
        undo=_url("explanation-restore", at, found, one),
    )
    return redirect(found)


@login_required
@require_POST
def explanation_bring_back(
    request: HttpRequest, product: str, mapping: int, explanation: int
) -> HttpResponse:
    """Brings a removed explanation back."""
    at, found, one = _writable(request, product, mapping, explanation)
    do_and_tell(
        request, lambda: explanation_restore(explanation=one, actor=at.user), "Explanation brought back"
    )
    return redirect(found)


def _writable(
    request: HttpRequest, product: str, mapping: int, explanation: int
) -> tuple[Visit, Mapping, Explanation]:
    """The explanation at this address: 404 for strangers, 403 for whoever may not change it."""
    at = visit(request, product)
    found = at.mapping(mapping)
    one = get_object_or_404(Explanation.objects.select_related("event"), mapping=found, pk=explanation)
    own_or_strategy_required(at.user, at.product, one.author_id, "this explanation")
    one.mapping = found
    return at, found, one


def _events(at: Visit, mapping: Mapping) -> Any:
    """The product's events that stand on the charts of the belief, newest first."""
    metrics = [mapping.metric_id, mapping.goal.current.metric_id]
    return (
        Event.objects.filter(product=at.product).standing().of_metrics(metrics).order_by("-starts_on", "-pk")
    )


def _initial(explanation: Explanation) -> dict[str, Any]:
    return {name: getattr(explanation, name) for name in FIELDS} | {"event": explanation.event_id}


def _url(name: str, at: Visit, mapping: Mapping, explanation: Explanation) -> str:
    return reverse(f"strategy:{name}", args=[at.product.slug, mapping.pk, explanation.pk])
