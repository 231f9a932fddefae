"""The frame: who sees which product and which places, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import ResolverMatch

from config import shell as shell_module
from config.shell import Shell, shell_build
from contest.models import Contest
from roadmap.tests.factories import board_make
from strategy.tests.factories import goal_make
from teams.models import Product

pytestmark = pytest.mark.django_db


def build(user: Any, path: str = "/settings/components/", **kwargs: str) -> Shell:
    request = RequestFactory().get(path)
    request.user = user
    request.resolver_match = ResolverMatch(lambda: None, (), kwargs)
    return shell_build(request)


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every product page exists but the overview's neighbours that come later."""
    known = {"overview": "", "strategy:goal-list": "goals/", "contest:contest-list": "contests/"}

    def url(name: str, *args: str) -> str:
        return f"/p/{args[0]}/{known[name]}" if args and name in known else ""

    monkeypatch.setattr(shell_module, "_url", url)
    shell_module._places.cache_clear()
    yield
    shell_module._places.cache_clear()


def test_a_place_without_a_page_is_left_out(alice: Any, product: Product, addresses: None) -> None:
    shell = build(alice, "/p/fieldnote/", product="fieldnote")

    labels = [item.label for section in shell.places.sections for item in section.items]
    assert labels == ["Overview", "Goals", "Contests"]
    assert [item.label for item in shell.places.tabbar] == ["Overview", "Goals", "Contests"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/p/fieldnote/", "Overview"),
        ("/p/fieldnote/goals/", "Goals"),
        ("/p/fieldnote/goals/trials/edit/", "Goals"),
    ],
)
def test_one_place_is_the_current_one(
    alice: Any, product: Product, addresses: None, path: str, current: str
) -> None:
    shell = build(alice, path, product="fieldnote")

    assert [item.label for section in shell.places.sections for item in section.items if item.current] == [
        current
    ]


def test_a_stranger_gets_no_product(charlie: Any, product: Product, addresses: None) -> None:
    shell = build(charlie, "/p/fieldnote/", product="fieldnote")

    assert shell.product is None
    assert "Fieldnote" not in [link.label for link in shell.others]
    assert "Fieldnote" not in repr(shell.places.sections)


def test_an_archived_product_is_not_offered(dana: Any, product: Product, addresses: None, now: Any) -> None:
    product.archived_at = now
    product.save()

    assert build(dana).others == ()


def test_the_switcher_appears_with_a_second_product(dana: Any, product: Product, addresses: None) -> None:
    Product.objects.create(name="Ledger", slug="ledger")

    shell = build(dana, "/p/fieldnote/", product="fieldnote")

    assert [(link.label, link.current) for link in shell.others] == [("Fieldnote", True), ("Ledger", False)]


def test_only_admins_are_shown_the_places_of_admins(alice: Any, dana: Any) -> None:
    assert "Background jobs" not in [item.label for item in build(alice).places.foot]
    assert "Background jobs" in [item.label for item in build(dana).places.foot]


def test_the_theme_follows_the_person_and_system_means_none(alice: Any) -> None:
    assert build(alice).person.theme == ""

    alice.theme = "dark"

    assert build(alice).person.theme == "dark"


def test_nobody_in_particular_gets_an_empty_frame(organisation: Any) -> None:
    shell = build(AnonymousUser())

    assert shell.person.name == ""
    assert shell.places.sections == ()


def test_it_costs_two_queries_however_many_products_there_are(
    dana: Any, product: Product, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        Product.objects.create(name=f"Product {number}", slug=f"product-{number}")

    with django_assert_max_num_queries(2):
        build(dana, "/p/fieldnote/", product="fieldnote")


def test_the_gallery_is_for_admins(client: Any, alice: Any, dana: Any) -> None:
    assert client.get("/settings/components/").status_code == 302
    client.force_login(alice)
    assert client.get("/settings/components/").status_code == 403
    client.force_login(dana)
    assert client.get("/settings/components/").status_code == 200


def test_a_person_named_like_markup_stays_text(client: Any, dana: Any) -> None:
    dana.display_name = "<script>alert(1)</script>"
    dana.save()
    client.force_login(dana)

    html = client.get("/settings/components/").content.decode()

    assert "<script>alert" not in html


def test_counts_are_of_what_is_open_and_failing_in_this_product(
    dana: Any, product: Product, team: Any, alice: Any, now: Any
) -> None:
    endings = {
        "decided": {"decided_at": now, "outcome": "kept"},
        "cancelled": {"cancelled_at": now, "cancelled_reason": "Bad data."},
    }
    for owner, phases in (
        (product, ["proposals", "review", "voting", "decided", "cancelled"]),
        (Product.objects.create(name="Ledger", slug="ledger"), ["proposals"]),
    ):
        for place, phase in enumerate(phases):
            goal = goal_make(owner, alice, key=f"{owner.slug}-{place}", title=f"Goal {place} of {owner}")
            Contest.objects.create(
                goal=goal,
                goal_version=goal.current,
                first_missed_quarter=now.date(),
                phase=phase,
                opened_at=now,
                proposals_until=now,
                **endings.get(phase, {}),
            )
    for name, fields in {
        "Fails": {"failures": 2},
        "Works": {},
        "Gone": {"failures": 3, "archived_at": now},
    }.items():
        board_make(team, now=now, name=name, **fields)

    shell = build(dana, "/p/fieldnote/", product="fieldnote")

    items = [item for section in shell.places.sections for item in section.items] + list(shell.places.foot)
    assert {item.label: item.count for item in items if item.count} == {"Contests": 3, "Boards": 1}


def test_the_navigation_changes_with_its_counts_and_the_name_of_the_product(
    client: Any, dana: Any, product: Product, team: Any, now: Any
) -> None:
    client.force_login(dana)
    before = client.get("/p/fieldnote/").content.decode()
    board_make(team, now=now, name="Fails", failures=2)
    Product.objects.update(name="Other name")

    after = client.get("/p/fieldnote/").content.decode()

    assert "failing</span>" not in before
    assert "failing</span>" in after
    assert "<b>Other name</b>" in after


def test_what_one_person_may_go_to_is_not_shown_to_the_next(
    client: Any, alice: Any, dana: Any, product: Product
) -> None:
    client.force_login(dana)
    assert "Background jobs" in client.get("/p/fieldnote/").content.decode()

    client.force_login(alice)

    assert "Background jobs" not in client.get("/p/fieldnote/").content.decode()
