"""What is archived stays readable and says so, and nobody changes it before it is brought back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from common.models import AuditEvent, JobRun
from config.tests.routes import PARTICIPANT, STRATEGY_WRITE, Route, World, routes_all
from metrics.models import Target
from metrics.services.targets import targets_lock
from roadmap.models import SyncRun
from roadmap.selectors.collation import boards_to_read, products_to_publish
from roadmap.tasks import board_sync_run
from roadmap.tests.factories import board_make, card_make, connection_make, metric_make
from teams.models import Product
from teams.permissions import ArchivedError, archived_refuse

JSON = "application/json"
pytestmark = pytest.mark.django_db
BACK = {"teams:product-restore", "teams:product-edit", "teams:product-archive"}
WRITES = {
    name: route
    for name, route in routes_all().items()
    if route.expect in (STRATEGY_WRITE, PARTICIPANT) and name not in BACK and not name.startswith("api:")
}


@pytest.fixture
def world(
    product: Any,
    product_team: Any,
    team: Any,
    alice: Any,
    bob: Any,
    charlie: Any,
    dana: Any,
    now: Any,
    today: Any,
) -> World:
    return World(product, product_team, team, alice, bob, charlie, dana, now, today)


def _archive(product: Any, now: Any) -> None:
    Product.objects.filter(pk=product.pk).update(archived_at=now)
    product.refresh_from_db()


def _ask(client: Any, name: str, route: Route, kwargs: Any) -> Any:
    url = reverse(name, kwargs=dict(kwargs))
    answer = client.post(url, route.data)
    return client.get(url) if answer.status_code == 405 else answer  # a page that only leads to a form


@pytest.mark.parametrize("name", sorted(WRITES))
def test_no_page_writes_into_an_archived_product(
    name: str, world: World, logged_in: Any, frozen_today: Any
) -> None:
    route = WRITES[name]
    kwargs = route.kwargs(world)
    _archive(world.product, world.now)
    before = AuditEvent.objects.count()

    answers = [_ask(logged_in(who), name, route, kwargs) for who in (world.alice, world.dana)]

    assert [answer.status_code for answer in answers] == [403, 403]
    for answer in answers:
        assert "Fieldnote is archived" in answer.text
        assert reverse("teams:product-edit", args=["fieldnote"]) in answer.text
    assert AuditEvent.objects.count() == before


def test_its_pages_are_readable_and_say_so(world: World, logged_in: Any, frozen_today: Any) -> None:
    _archive(world.product, world.now)
    addresses = [
        "",
        "goals/",
        "evidence/",
        "metrics/",
        "imports/",
        "teams/",
        "roadmap/",
        "boards/",
        "contests/",
    ]

    for who, may in ((world.alice, True), (world.bob, False)):
        for address in addresses:
            page = logged_in(who).get(f"/p/fieldnote/{address}")
            assert page.status_code == 200, address
            assert "This product is archived" in page.text
            assert ("Bring it back" in page.text) == may
            assert "/goals/new/" not in page.text


def test_a_manager_brings_it_back(world: World, logged_in: Any) -> None:
    _archive(world.product, world.now)
    client = logged_in(world.alice)

    edit = client.get(reverse("teams:product-edit", args=["fieldnote"])).text
    refused = client.post(reverse("teams:product-edit", args=["fieldnote"]), {"name": "Other", "version": 1})
    client.post(reverse("teams:product-restore", args=["fieldnote"]))

    assert "Bring back" in edit
    assert refused.status_code == 403
    world.product.refresh_from_db()
    assert world.product.archived_at is None
    assert world.product.name == "Fieldnote"


def test_the_api_writes_nothing_either(world: World, logged_in: Any) -> None:
    metric = metric_make(world.product)
    board = board_make(world.team, now=world.now)
    _archive(world.product, world.now)
    client = logged_in(world.alice)

    answers = [
        client.post(
            "/api/v1/observations/", [{"metric": metric.key, "date": "2026-11-12", "value": 1}], JSON
        ),
        client.patch(f"/api/v1/metrics/{metric.key}/", {"name": "Other"}, JSON),
        client.patch("/api/v1/products/fieldnote/", {"name": "Other"}, JSON),
        client.post(f"/api/v1/boards/{board.pk}/sync/"),
        client.post("/api/v1/goals/", {"product": "fieldnote", "title": "A goal"}, JSON),
    ]

    assert [answer.status_code for answer in answers[:4]] == [403] * 4
    assert answers[4].status_code in (400, 403)
    for answer in answers[:4]:
        assert "is archived" in answer.json()["errors"][0]["detail"]
    assert client.get(f"/api/v1/metrics/{metric.key}/").status_code == 200
    assert not JobRun.objects.filter(kind="board_sync").exists()


def test_the_weekly_jobs_pass_it_over(world: World, today: Any) -> None:
    board = board_make(world.team, now=world.now, next_sync_at=world.now)
    target = Target.objects.create(
        team=world.team,
        metric=metric_make(world.product),
        quarter_start=today - timedelta(days=60),
        quarter_end=today + timedelta(days=31),
        baseline=1,
        commit=2,
    )
    _archive(world.product, world.now)
    later = world.now + timedelta(days=7)

    assert boards_to_read(now=later) == []
    assert products_to_publish(now=later) == []
    assert "skipped" in (board_sync_run(JobRun(kind="board_sync", subject=str(board.pk)), now=later) or {})
    assert targets_lock(now=later) == 0
    target.refresh_from_db()
    assert target.locked_at is None
    assert not SyncRun.objects.exists()


@pytest.mark.parametrize("what", ["team", "board", "metric"])
def test_each_archived_thing_says_where_it_is_brought_back(what: str, world: World, logged_in: Any) -> None:
    board = board_make(world.team, now=world.now, connection=connection_make(world.product, settings={}))
    card = card_make(board, 1, stage="in_progress", now=world.now)
    metric = metric_make(world.product)
    thing: Any = {"team": world.team, "board": board, "metric": metric}[what]
    type(thing).objects.filter(pk=thing.pk).update(archived_at=world.now)
    write = {
        "team": reverse("metrics:target-new", args=["fieldnote", "onboarding"]),
        "board": reverse("roadmap:card-edit", args=["fieldnote", card.pk]),
        "metric": reverse("metrics:figure-record", args=["fieldnote", metric.key]),
    }[what]

    answer = logged_in(world.alice).post(write, {})

    assert answer.status_code == 403
    assert f"{thing} is archived" in answer.text
    assert "Bring it back" in answer.text


def test_what_is_in_use_is_not_refused(world: World) -> None:
    archived_refuse(world.product, None, world.team)

    world.team.archived_at = world.now
    with pytest.raises(ArchivedError, match="Bring it back first"):
        archived_refuse(world.product, None, world.team)
