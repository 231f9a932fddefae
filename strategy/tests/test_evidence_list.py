"""The list of beliefs by verdict, its filters and map, and where else a verdict is drawn."""

from __future__ import annotations

import re
from datetime import date

import pytest

from strategy.models import Mapping
from strategy.services import mapping_retire
from strategy.tests.evidence_factories import pair_make, verdict_make
from strategy.tests.factories import goal_make, mapping_make, metric_make

EVIDENCE = "/p/fieldnote/evidence/"

pytestmark = pytest.mark.usefixtures("frozen_today")


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


@pytest.fixture
def belief(goal, product, alice):
    metric = metric_make(product, key="first-job", kind="outcome")
    return mapping_make(goal, metric, alice, lag_weeks=3, strength=3)


def page(client, path, status=200, **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == status
    return response.content.decode()


# --- the list -------------------------------------------------------------------------------------


@pytest.fixture
def beliefs(goal, belief, product, alice, dana):
    """Four beliefs: supported, contradicted, open, untested; the open one is dana's, and its review is overdue."""
    other = goal_make(product, alice, key="revenue", title="Revenue grows")
    found = [belief]
    for key, owner, aim in (("sync", alice, goal), ("imports", dana, other), ("boards", alice, other)):
        metric = metric_make(product, key=key, kind="outcome")
        day = date(2026, 10, 1) if owner == dana else date(2027, 2, 1)
        found.append(mapping_make(aim, metric, owner, review_on=day))
    belief.versions.update(review_on=date(2027, 2, 1))
    verdict_make(found[0])
    verdict_make(found[1], pair_make(effect=-0.8))
    verdict_make(found[2], pair_make(60, effect=0.08, seed=3))
    return found


def test_the_list_answers_in_a_sentence_and_by_verdict(beliefs, bob, logged_in):
    text = page(logged_in(bob), EVIDENCE)

    assert "<h1>One of four beliefs holds, one does not, one is open, and one waits for a test</h1>" in text
    order = [
        text.index(f'id="group-{code}"') for code in ("contradicted", "supported", "inconclusive", "untested")
    ]
    assert order == sorted(order)
    assert "Contradicted (opposite)" in text
    assert "How a verdict is chosen" in text


def test_a_verdict_in_the_list_has_its_lag_number_and_date(beliefs, bob, logged_in):
    text = page(logged_in(bob), f"{EVIDENCE}?verdict=supported")

    assert '<span class="sub">3 weeks later</span>' in text
    rows = beliefs[0].stated_verdict.rows_used
    assert f"{rows} of 104 weeks" in text
    assert "to 15 Nov" in text


def test_a_link_in_the_list_has_its_size_with_the_range(beliefs, bob, logged_in):
    text = page(logged_in(bob), f"{EVIDENCE}?verdict=supported")

    assert re.search(r">\+[\d.]+ points for \+1 point <span", text)
    assert re.search(r">\(\+[\d.]+ points to \+[\d.]+ points\)<", text)
    assert "for +1 point" not in page(logged_in(bob), f"{EVIDENCE}?verdict=inconclusive")


def test_a_reason_in_the_list_does_not_begin_with_because(beliefs, bob, logged_in):
    assert '<p class="sm t2 wrap">people who use it stay.</p>' in page(logged_in(bob), EVIDENCE)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("verdict=contradicted", {"Sync"}),
        ("goal=revenue-grows", {"Imports", "Boards"}),
        ("owner=dana", {"Imports"}),
        ("due=yes", {"Imports", "Sync"}),  # overdue, and contradicted without a review
        ("verdict=untested&goal=revenue-grows", {"Boards"}),
        ("verdict=nonsense", {"First job", "Sync", "Imports", "Boards"}),
    ],
)
def test_filters_live_in_the_address(beliefs, dana, bob, logged_in, query, shown):
    text = page(logged_in(bob), f"{EVIDENCE}?{query.replace('dana', str(dana.pk))}", hx_request="true")

    listed = {
        name
        for name in ("First job", "Sync", "Imports", "Boards")
        if f'">{name}</a><span class="sub">' in text
    }
    assert listed == shown


def test_a_filter_that_leaves_nothing_says_so(beliefs, bob, logged_in):
    text = page(logged_in(bob), f"{EVIDENCE}?verdict=supported&due=yes")

    assert "No belief matches" in text
    assert "Clear filters" in text


def test_a_beliefs_page_says_why_it_is_due(beliefs, alice, bob, logged_in):
    address = beliefs[1].get_absolute_url()

    alices, bobs = page(logged_in(alice), address), page(logged_in(bob), address)

    for text in (alices, bobs):
        assert "The data speak against it, and nobody has reviewed that verdict yet." in text
    assert alices.count(f"{address}review/") == 2
    assert f"{address}review/" not in bobs
    assert "Due for review" not in page(logged_in(bob), beliefs[0].get_absolute_url())


def test_a_filter_swaps_the_list_and_says_how_many_are_left(beliefs, bob, logged_in):
    text = page(logged_in(bob), f"{EVIDENCE}?verdict=supported", hx_request="true")

    assert "<html" not in text
    assert "1 belief shown" in text


def test_the_map_draws_the_stated_verdicts(beliefs, bob, logged_in):
    text = page(logged_in(bob), EVIDENCE)

    drawn = {
        kind: text.count(f'class="lk {kind}" d="M271')
        for kind in ("supported", "contradicted", "inconclusive", "nodata")
    }
    assert drawn == {"supported": 1, "contradicted": 1, "inconclusive": 1, "nodata": 1}


def test_what_changed_lately_is_listed(belief, bob, logged_in):
    verdict_make(belief, week=date(2026, 10, 5), pair=pair_make(60, effect=0.08, seed=3))
    verdict_make(belief, week=date(2026, 11, 2))

    text = page(logged_in(bob), EVIDENCE)

    changed = text[text.index('id="changes-title"') :]
    assert changed.index("Inconclusive") < changed.index("became") < changed.index("Supported")


def test_retired_beliefs_have_a_list_of_their_own(belief, alice, now, logged_in):
    verdict_make(belief)
    mapping_retire(mapping=belief, actor=alice, reason="Enough.", now=now)
    client = logged_in(alice)

    assert "No beliefs yet" in page(client, EVIDENCE)
    assert "First job" in page(client, f"{EVIDENCE}?show=retired")


@pytest.mark.parametrize("many", [2, 30])
def test_the_list_needs_the_same_queries_for_any_number_of_beliefs(
    goal, product, alice, logged_in, many, django_assert_max_num_queries
):
    for index in range(many):
        verdict = verdict_make if index < 2 else None
        mapping = mapping_make(goal, metric_make(product, key=f"m-{index}", kind="outcome"), alice)
        if verdict:
            verdict(mapping)
    client = logged_in(alice)

    with django_assert_max_num_queries(24):
        page(client, EVIDENCE)


# --- where else beliefs are drawn -------------------------------------------------------------------


def test_the_goal_and_its_row_show_the_stated_verdict(belief, goal, bob, logged_in):
    verdict = verdict_make(belief, pair_make(effect=-0.8))
    client = logged_in(bob)

    detail, rows = page(client, goal.get_absolute_url()), page(client, "/p/fieldnote/goals/")

    assert "Contradicted (opposite)" in detail
    assert f"lag 3 weeks, {verdict.rows_used} of 104 weeks, to 15 Nov" in detail
    assert 'class="evc contradicted"' in rows


def test_lists_do_not_read_the_stored_series(belief, bob, logged_in, django_assert_max_num_queries):
    verdict_make(belief)
    client = logged_in(bob)

    with django_assert_max_num_queries(24) as captured:
        page(client, EVIDENCE)

    assert Mapping.objects.get().stated_verdict_id
    assert not [query for query in captured.captured_queries if '"series"' in query["sql"]]
