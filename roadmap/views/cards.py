"""One card: what it points at and why, from the tool or by a person, and its way over the board."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ConflictError
from common.forms import form_save, form_status
from common.pages import render_page
from roadmap.forms import CardForm
from roadmap.models import Card
from roadmap.selectors.cards import card_page
from roadmap.services import card_context_reset, card_context_update
from roadmap.services.cards import CARD_CONTEXT_FIELDS
from roadmap.views.access import boards_change_required, can_change_boards, card_get_or_404, product_of
from teams.models import User
from teams.permissions import archived_refuse


@login_required
@require_GET
def card_detail(request: HttpRequest, product: str, card: int) -> HttpResponse:
    """The card with its context, moves and history."""
    owner = product_of(request, product)
    stored = card_get_or_404(request, owner, card)
    user = request.user
    context = {
        "product": owner,
        "card": stored,
        "page": card_page(card=stored, now=timezone.now()),
        "may_change": isinstance(user, User) and can_change_boards(user, owner, stored.board.team),
        "history": list(audit_list(stored, limit=20)),
    }
    return render_page(request, "roadmap/card_detail.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def card_edit(request: HttpRequest, product: str, card: int) -> HttpResponse:
    """Say what the card points at and why."""
    owner = product_of(request, product)
    stored = card_get_or_404(request, owner, card)
    user = boards_change_required(request, owner, stored.board.team)
    archived_refuse(stored.board)
    form = CardForm(request.POST or None, card=stored, product=owner)
    if request.method == "POST" and form.is_valid():
        saved = form_save(
            form,
            lambda: card_context_update(
                card=stored,
                values=form.context(),
                metric=form.cleaned_data["metric"],
                actor=user,
                expected_version=form.cleaned_data["version"],
            ),
            _stored,
        )
        if saved is not None:
            messages.success(request, "Card saved")
            return redirect(saved)
    context = {"product": owner, "card": stored, "form": form}
    return render_page(request, "roadmap/card_form.html", context, status=form_status(form))


@login_required
@require_POST
def card_reset(request: HttpRequest, product: str, card: int) -> HttpResponse:
    """Gives the card's context back to the tool."""
    owner = product_of(request, product)
    stored = card_get_or_404(request, owner, card)
    user = boards_change_required(request, owner, stored.board.team)
    archived_refuse(stored.board)
    version = request.POST.get("version", "")
    try:
        card_context_reset(
            card=stored, actor=user, expected_version=int(version) if version.isdecimal() else None
        )
    except ConflictError:
        messages.error(request, "Somebody changed the card meanwhile. Look again, then repeat it.")
    else:
        messages.success(request, "The next read takes the tool's values")
    return redirect(stored)


def _stored(card: Card) -> dict[str, Any]:
    return {
        "metric": card.metric_id,
        **{name: card.context.get(name, {}).get("value", "") for name in CARD_CONTEXT_FIELDS},
    }
