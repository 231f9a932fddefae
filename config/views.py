"""Where one arrives: the last product, the first steps, or whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_safe

from common.pages import render_page
from metrics.models import Metric
from roadmap.models import Board
from strategy.models import Goal, Mapping
from teams.middleware import LAST_PRODUCT
from teams.models import Product, Team, User
from teams.permissions import can_write_strategy, is_admin, product_get_or_404
from teams.selectors import organisation_get, product_list


@dataclass(frozen=True)
class FirstStep:
    """One of the steps from an empty organisation to a product that steers by evidence."""

    title: str
    why: str
    done: bool
    action: str
    url: str
    is_next: bool = False


def first_steps(product: Product | None) -> list[FirstStep]:
    """Product → metric → goal → mapping → team → board, with what is done. One query a step."""
    facts = _facts(product)
    slug = product.slug if product is not None else ""
    plan = [
        ("Product", "What a Product Team answers for.", "Make a product", "teams:product-new"),
        ("Metric", "A figure to watch: one for the goal, one that teams can move.", "Add a metric", "metrics:metric-new"),
        ("Goal", "What the strategy must achieve, with a target per quarter.", "Set a goal", "strategy:goal-new"),
        ("Mapping", "The belief that a product usage metric moves the goal.", "Write a belief", "strategy:goal-list"),
        ("Stream Team", "Who builds, and answers for a usage metric.", "Add a team", "teams:team-new"),
        ("Board", "Where the team's work is seen, week by week.", "Connect a board", "roadmap:board-new"),
    ]  # fmt: skip
    steps: list[FirstStep] = []
    found_next = False
    for (title, why, action, name), done in zip(plan, facts, strict=True):
        is_next = not done and not found_next
        found_next = found_next or is_next
        url = _url(name, slug) if product is not None or name == "teams:product-new" else ""
        steps.append(FirstStep(title, why, done, action, url, is_next))
    return steps


def _facts(product: Product | None) -> list[bool]:
    if product is None:
        return [False] * 6
    return [
        True,
        Metric.objects.filter(product=product).exists(),
        Goal.objects.filter(product=product).exists(),
        Mapping.objects.filter(goal__product=product).exists(),
        Team.objects.filter(product=product).active().stream().exists(),
        Board.objects.filter(team__product=product, archived_at=None).exists(),
    ]


def _url(name: str, slug: str) -> str:
    arguments = [] if name == "teams:product-new" else [slug]
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers and feed readers ask for it without looking at a page; the drawn icon is the only one."""
    response = redirect(static("img/bearing.svg"))
    response["Cache-Control"] = "public, max-age=86400"
    return response


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The overview of the product seen last, its first steps while some are missing, or whom to ask."""
    products = product_list(user=request.user)
    if not products:
        return _nothing_yet(request)
    last = request.COOKIES.get(LAST_PRODUCT, "")
    product = next((product for product in products if product.slug == last), products[0])
    if can_write_strategy(request.user, product) and not all(_facts(product)):
        return redirect("product-start", product=product.slug)
    return redirect("overview", product=product.slug)


def _nothing_yet(request: HttpRequest) -> HttpResponse:
    archived = product_list(user=request.user, archived=True)
    if is_admin(request.user):
        start: dict[str, Any] = {
            "steps": first_steps(None),
            "product": None,
            "done": 0,
            "may_write": True,
            "archived": archived,
        }
        return render_page(request, "config/start.html", start)
    admins: Sequence[User] = list(User.objects.filter(is_superuser=True, is_active=True)[:10])
    context = {"admins": admins, "organisation": organisation_get(), "archived": archived}
    return render_page(request, "config/no_product.html", context)


@login_required
@require_GET
def product_start(request: HttpRequest, product: str) -> HttpResponse:
    """The first steps of a product, with what is done."""
    found = product_get_or_404(request.user, product)
    steps = first_steps(found)
    context = {
        "steps": steps,
        "product": found,
        "done": sum(1 for step in steps if step.done),
        "may_write": can_write_strategy(request.user, found),
        "archived": [],
    }
    return render_page(request, "config/start.html", context)
