"""Events of a product: list, add, change, remove, bring back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.forms import form_save, form_status
from common.pages import do_and_tell, render_page, way_back
from metrics.forms import EventEditForm, EventForm
from metrics.models import Event, Metric
from metrics.selectors.events import event_choose, event_days
from metrics.services.events import FIELDS, event_create, event_remove, event_restore, event_update
from teams.models import Product
from teams.permissions import (
    can_participate,
    can_write_strategy,
    own_or_strategy_required,
    participation_required,
    person_of,
    product_get_or_404,
)

PAGE_SIZE = 50


@login_required
@require_GET
def event_list(request: HttpRequest, product: str) -> HttpResponse:
    """What happened, by day; filters live in the address."""
    found = product_get_or_404(request.user, product)
    search, kind, key = (request.GET.get(name, "").strip() for name in ("q", "kind", "metric"))
    kind = kind if kind in Event.Kind.values else ""
    removed = request.GET.get("show") == "removed"
    metrics = _metrics(request, found)
    metric = metrics.filter(key=key).first() if key else None
    chosen = event_choose(product=found, metric=metric, kind=kind, search=search, removed=removed)
    page = Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    user = person_of(request)
    writes = can_write_strategy(user, found)
    takes_part = can_participate(user, found)
    context = {
        "product": found,
        "page": page,
        "rows": [
            (event, event_days(event), writes or (takes_part and event.author_id == user.pk))
            for event in page.object_list
        ],
        "search": search,
        "kind": kind,
        "metric": metric,
        "removed": removed,
        "kinds": Event.Kind.choices,
        "metrics": list(metrics),
        "filtered": bool(search or kind or metric),
        "may_add": takes_part,
    }
    return render_page(
        request, "metrics/event_list.html", context, partial="metrics/partials/_event_list.html"
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def event_new(request: HttpRequest, product: str) -> HttpResponse:
    """A new event; `?metric=` and `?date=` fill the form in, `?next=` says where to go on."""
    found = product_get_or_404(request.user, product)
    participation_required(request.user, found)
    metrics = _metrics(request, found).active()
    initial = {
        "metric": metrics.filter(key=request.GET.get("metric", "")).first(),
        "starts_on": request.GET.get("date"),
    }
    form = EventForm(request.POST or None, initial=initial, metrics=metrics)
    if request.method == "POST" and form.is_valid():
        data, actor = form.cleaned_data, person_of(request)
        event = form_save(form, lambda: event_create(product=found, actor=actor, now=timezone.now(), **data))
        if event is not None:
            messages.success(request, "Event added", extra_tags=f"undo:{_url('event-remove', event)}")
            return redirect(_back(request, found))
    context = {"product": found, "form": form, "back": _back(request, found)}
    return render_page(request, "metrics/event_form.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def event_edit(request: HttpRequest, product: str, event: int) -> HttpResponse:
    """Changes an event; both versions when somebody was quicker."""
    found, one = _event_writable(request, product, event)
    metrics = _metrics(request, found)
    form = EventEditForm(
        request.POST or None, initial=_initial(one) | {"version": one.version}, metrics=metrics
    )
    if request.method == "POST" and form.is_valid():
        data, actor = dict(form.cleaned_data), person_of(request)
        expected = data.pop("version")
        saved = form_save(
            form,
            lambda: event_update(
                event=one, changes_wanted=data, actor=actor, now=timezone.now(), expected_version=expected
            ),
            _initial,
        )
        if saved is not None:
            messages.success(request, "Event saved")
            return redirect(_back(request, found))
    context = {
        "product": found,
        "form": form,
        "event": one,
        "back": _back(request, found),
        "history": list(audit_list(one, limit=30)),
    }
    return render_page(request, "metrics/event_form.html", context, status=form_status(form))


@login_required
@require_POST
def event_take_away(request: HttpRequest, product: str, event: int) -> HttpResponse:
    """Removes an event; the answer offers to bring it back."""
    found, one = _event_writable(request, product, event)
    do_and_tell(
        request,
        lambda: event_remove(event=one, actor=person_of(request), now=timezone.now()),
        "Event removed",
        undo=_url("event-restore", one),
    )
    return redirect("metrics:event-list", product=found.slug)


@login_required
@require_POST
def event_bring_back(request: HttpRequest, product: str, event: int) -> HttpResponse:
    """Brings a removed event back."""
    found, one = _event_writable(request, product, event)
    do_and_tell(request, lambda: event_restore(event=one, actor=person_of(request)), "Event brought back")
    return redirect("metrics:event-list", product=found.slug)


def _event_writable(request: HttpRequest, product: str, event: int) -> tuple[Product, Event]:
    """The event at this address: 404 for strangers, 403 for whoever may not change it."""
    found = product_get_or_404(request.user, product)
    events: Any = Event.objects.visible_to(request.user).select_related("metric", "product")
    one = get_object_or_404(events, product=found, pk=event)
    own_or_strategy_required(request.user, found, one.author_id, "this event")
    return found, one


def _metrics(request: HttpRequest, product: Product) -> Any:
    return Metric.objects.visible_to(request.user).of_product(product).order_by("name")


def _initial(event: Event) -> dict[str, Any]:
    """The form's values; the end of a single day stays empty, as it was typed."""
    values = {name: getattr(event, name) for name in FIELDS} | {"metric": event.metric_id}
    return values | {"ends_on": event.ends_on if event.ends_on != event.starts_on else None}


def _url(name: str, event: Event) -> str:
    return reverse(f"metrics:{name}", args=[event.product.slug, event.pk])


def _back(request: HttpRequest, product: Product) -> str:
    return way_back(request, reverse("metrics:event-list", args=[product.slug]))
