"""A Stream Team's targets: proposed, talked over, agreed from each side."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from metrics.forms import OfferForm, TargetForm
from metrics.models import Metric, Target
from metrics.permissions import target_side_required, target_sides
from metrics.selectors.target_pages import target_board
from metrics.services import (
    Figures,
    target_agree,
    target_counter,
    target_propose,
    target_withdraw,
    targets_carry_over,
)
from teams.models import Product, Team
from teams.permissions import archived_refuse, person_of, product_get_or_404, team_get_or_404
from teams.selectors import organisation_get


@login_required
@require_GET
def target_list(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """This quarter's and the next one's targets, and who agreed to them."""
    found, one = _team_get_or_404(request, product, team)
    organisation = organisation_get()
    today = organisation.today(timezone.now())
    context = {
        "product": found,
        "team": one,
        "board": target_board(team=one, quarter=organisation.calendar.quarter_of(today), today=today),
        "sides": target_sides(person_of(request), one),
        "lock_days": organisation.target_lock_days,
        "today": today,
    }
    return render_page(request, "metrics/target_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def target_new(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Proposes a target for this quarter or the next."""
    found, one = _team_get_or_404(request, product, team)
    sides = _sides_required(request, one)
    organisation = organisation_get()
    current = organisation.calendar.quarter_of(organisation.today(timezone.now()))
    quarters = [current, current.next]
    metrics = (
        Metric.objects.of_product(found).active().filter(kind__in=["outcome", "impact"]).order_by("name")
    )
    initial = {
        "metric": metrics.filter(key=request.GET.get("metric", "")).first(),
        "quarter": request.GET.get("quarter"),
    }
    form = TargetForm(request.POST or None, initial=initial, metrics=metrics, quarters=quarters, sides=sides)
    if request.method == "POST" and form.is_valid():
        data, actor = form.cleaned_data, person_of(request)
        target = form_save(
            form,
            lambda: target_propose(
                team=one,
                metric=data["metric"],
                quarter=organisation.calendar.parse(data["quarter"]),
                figures=Figures(data["baseline"], data["commit"], data["stretch"]),
                side=target_side_required(actor, one, data["side"]),
                actor=actor,
                now=timezone.now(),
                note=data["note"],
                override_reason=data["override_reason"],
            ),
        )
        if target is not None:
            messages.success(request, f"The target on {target.metric} is proposed")
            return redirect("metrics:target-list", product=found.slug, team=one.slug)
    context = {"product": found, "team": one, "form": form}
    return render_page(request, "metrics/target_new.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def target_edit(request: HttpRequest, product: str, team: str, target: int) -> HttpResponse:
    """A counter-offer, and how the talk went so far."""
    found, one, row = _target_get_or_404(request, product, team, target)
    sides = _sides_required(request, one)
    figures = {"baseline": row.baseline, "commit": row.commit, "stretch": row.stretch}
    form = OfferForm(request.POST or None, initial=figures | {"version": row.version}, sides=sides)
    if request.method == "POST" and form.is_valid():
        data, actor = form.cleaned_data, person_of(request)
        saved = form_save(
            form,
            lambda: target_counter(
                target=row,
                figures=Figures(data["baseline"], data["commit"], data["stretch"]),
                side=target_side_required(actor, one, data["side"]),
                actor=actor,
                now=timezone.now(),
                note=data["note"],
                expected_version=data["version"],
            ),
            lambda stored: {name: getattr(stored, name) for name in figures},
        )
        if saved is not None:
            messages.success(request, f"Your offer on {row.metric} stands")
            return redirect("metrics:target-list", product=found.slug, team=one.slug)
    context = {
        "product": found,
        "team": one,
        "target": row,
        "form": form,
        "offers": list(row.offers.select_related("author")),
        "history": list(audit_list(row, limit=30)),
    }
    return render_page(request, "metrics/target_edit.html", context, status=form_status(form))


@login_required
@require_POST
def target_accept(request: HttpRequest, product: str, team: str, target: int) -> HttpResponse:
    """One side agrees to the figures that it saw."""
    found, one, row = _target_get_or_404(request, product, team, target)
    version = request.POST.get("version", "")
    try:
        # An admin or a manager who is in the team speaks for both sides and has to say which.
        side = target_side_required(person_of(request), one, request.POST.get("side", ""))
        agreed = target_agree(
            target=row,
            side=side,
            actor=person_of(request),
            now=timezone.now(),
            expected_version=int(version) if version.isdigit() else 0,
        )
        word = "agreed by both sides" if agreed.state == Target.State.AGREED else "agreed by one side"
        messages.success(request, f"The target on {row.metric} is {word}")
    except ApplicationError as error:
        messages.error(request, f"{row.metric}: {error.message}")
    return redirect("metrics:target-list", product=found.slug, team=one.slug)


@login_required
@require_POST
def target_remove(request: HttpRequest, product: str, team: str, target: int) -> HttpResponse:
    """Withdraws a target that is not agreed and locked."""
    found, one, row = _target_get_or_404(request, product, team, target)
    _sides_required(request, one)
    try:
        target_withdraw(target=row, actor=person_of(request), now=timezone.now())
        messages.success(request, f"The target on {row.metric} is withdrawn")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("metrics:target-list", product=found.slug, team=one.slug)


@login_required
@require_POST
def target_carry(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Proposes the earlier quarter's targets again, all in one step."""
    found, one = _team_get_or_404(request, product, team)
    sides = _sides_required(request, one)
    calendar = organisation_get().calendar
    try:
        into = calendar.parse(request.POST.get("quarter", ""))
        made = targets_carry_over(
            team=one,
            source=into.previous,
            into=into,
            side=sides[0],
            actor=person_of(request),
            now=timezone.now(),
        )
        if made:
            words = "One target is" if len(made) == 1 else f"{len(made)} targets are"
            messages.success(request, f"{words} proposed for {into.label}")
        else:
            messages.info(request, f"There is nothing to carry over from {into.previous.label}")
    except ValueError:
        messages.error(request, "Into which quarter? It is missing.")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("metrics:target-list", product=found.slug, team=one.slug)


def _team_get_or_404(request: HttpRequest, product: str, team: str) -> tuple[Product, Team]:
    found = product_get_or_404(request.user, product)
    one = team_get_or_404(request.user, found, team)
    if one.kind != Team.Kind.STREAM:
        raise Http404("Only Stream Teams have targets.")
    return found, one


def _target_get_or_404(
    request: HttpRequest, product: str, team: str, target: int
) -> tuple[Product, Team, Target]:
    found, one = _team_get_or_404(request, product, team)
    rows: Any = Target.objects.visible_to(request.user).select_related("metric", "team__product")
    return found, one, get_object_or_404(rows, team=one, pk=target)


def _sides_required(request: HttpRequest, team: Team) -> list[str]:
    sides = target_sides(person_of(request), team)
    if not sides:
        archived_refuse(team.product, team)
        raise PermissionDenied(
            "Only the Product Team's managers and leads, and members of the team, agree targets."
        )
    return sides
