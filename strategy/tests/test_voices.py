"""Explanations and insights are added, changed, removed and brought back."""

from __future__ import annotations

from datetime import date

import pytest

from common.errors import ConflictError
from common.models import AuditEvent
from common.removal import RemovedError
from metrics.services import event_create
from strategy.errors import UnableToChangeVoiceError
from strategy.models import Explanation, Insight
from strategy.selectors.insights import (
    InsightChoice,
    Stances,
    insight_choose,
    insight_subjects,
    insights_for_goal,
    insights_for_mapping,
)
from strategy.services import goal_retire, mapping_retire
from strategy.services.explanations import (
    explanation_remove,
    explanation_restore,
    explanation_update,
)
from strategy.services.insights import insight_remove, insight_restore, insight_update
from strategy.tests.factories import goal_make, mapping_make, metric_make
from strategy.tests.voices_factories import explanation_make, insight_make


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


@pytest.fixture
def mapping(goal, product, alice):
    return mapping_make(goal, metric_make(product, key="first-job", kind="outcome"), alice)


@pytest.fixture
def elsewhere(charlie):
    """A goal of another product."""
    return goal_make(charlie.memberships.get().team.product, charlie, key="foreign")


# --- explanations -------------------------------------------------------------------------------------


def test_an_explanation_stands_on_its_belief(mapping, erin):
    explanation = explanation_make(erin, mapping)

    assert list(mapping.explanations.standing()) == [explanation]
    assert AuditEvent.objects.get(action="explanation added").after["title"] == "The largest account left"


def test_an_explanation_by_an_event_has_the_events_day(mapping, product, erin, now):
    event = event_create(
        product=product, title="Price raised", starts_on=date(2026, 4, 6), actor=erin, now=now
    )

    explanation = explanation_make(erin, mapping, event=event, happened_on=None)

    assert explanation.happened_on == date(2026, 4, 6)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 141}, "title"),
        ({"text": "x" * 2001}, "text"),
        ({"happened_on": date(2026, 11, 19)}, "happened_on"),
    ],
)
def test_it_names_the_field_of_an_explanation_that_cannot_stand(mapping, erin, fields, field):
    with pytest.raises(UnableToChangeVoiceError) as caught:
        explanation_make(erin, mapping, **fields)

    assert caught.value.field == field
    assert not Explanation.objects.exists()


def test_another_products_event_explains_nothing_here(mapping, elsewhere, charlie, erin, now):
    event = event_create(
        product=elsewhere.product, title="Odd", starts_on=date(2026, 4, 6), actor=charlie, now=now
    )

    with pytest.raises(UnableToChangeVoiceError) as caught:
        explanation_make(erin, mapping, event=event)

    assert caught.value.field == "event"


def test_an_explanation_is_changed_removed_and_brought_back(mapping, erin, now):
    explanation = explanation_make(erin, mapping)
    explanation_update(
        explanation=explanation,
        changes_wanted={"text": "1.3% of the total."},
        actor=erin,
        now=now,
        expected_version=1,
    )

    explanation_remove(explanation=explanation, actor=erin, now=now)
    while_gone = list(mapping.explanations.standing())
    with pytest.raises(RemovedError, match="Bring it back"):
        explanation_update(
            explanation=explanation, changes_wanted={"text": ""}, actor=erin, now=now, expected_version=None
        )
    explanation_restore(explanation=explanation, actor=erin)

    assert while_gone == []
    assert mapping.explanations.standing().get().text == "1.3% of the total."
    with pytest.raises(RemovedError, match="there already"):
        explanation_restore(explanation=explanation, actor=erin)


# --- insights -----------------------------------------------------------------------------------------


def test_an_insight_speaks_about_a_belief_or_a_goal(goal, mapping, erin):
    on_belief, on_goal = insight_make(erin, about=mapping), insight_make(erin, about=goal)

    assert (on_belief.mapping, on_belief.goal) == (mapping, None)
    assert (on_goal.mapping, on_goal.goal) == (None, goal)
    assert AuditEvent.objects.filter(action="insight added").count() == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"source": ""}, "source"),
        ({"source": "x" * 141}, "source"),
        ({"segment": "x" * 141}, "segment"),
        ({"stance": "perhaps"}, "stance"),
        ({"dated": date(2026, 11, 19)}, "dated"),
        ({"goal": None}, "about"),
    ],
)
def test_it_names_the_field_of_an_insight_that_cannot_stand(goal, erin, fields, field):
    with pytest.raises(UnableToChangeVoiceError) as caught:
        insight_make(erin, about=goal, **fields)

    assert caught.value.field == field
    assert not Insight.objects.exists()


def test_an_insight_is_about_one_thing(goal, mapping, erin):
    with pytest.raises(UnableToChangeVoiceError) as caught:
        insight_make(erin, about=goal, mapping=mapping)

    assert caught.value.field == "about"


def test_an_insight_stays_in_its_product(goal, elsewhere, erin, now):
    insight = insight_make(erin, about=goal)

    with pytest.raises(UnableToChangeVoiceError) as caught:
        insight_update(
            insight=insight, changes_wanted={"goal": elsewhere}, actor=erin, now=now, expected_version=1
        )

    assert caught.value.field == "about"


def test_whoever_saves_an_insight_second_is_told(goal, erin, alice, now):
    insight = insight_make(erin, about=goal)
    insight_update(
        insight=insight, changes_wanted={"stance": "for"}, actor=alice, now=now, expected_version=1
    )

    with pytest.raises(ConflictError):
        insight_update(
            insight=insight, changes_wanted={"stance": "neutral"}, actor=erin, now=now, expected_version=1
        )


def test_a_removed_insight_counts_nowhere_until_it_is_back(mapping, erin, today, now):
    insight = insight_make(erin, about=mapping)
    insight_remove(insight=insight, actor=erin, now=now)
    while_gone = insights_for_mapping(mapping=mapping, today=today).stances

    insight_restore(insight=insight, actor=erin)

    assert while_gone == Stances()
    assert insights_for_mapping(mapping=mapping, today=today).stances == Stances(against=1)


def test_a_goal_hears_what_is_said_of_the_beliefs_under_it(goal, mapping, erin, today):
    insight_make(erin, about=mapping)
    insight_make(erin, about=goal, stance="for")
    insight_make(erin, about=goal, stance="neutral")

    panel = insights_for_goal(goal=goal, today=today)

    assert panel.stances == Stances(against=1, in_favour=1, neutral=1)
    assert panel.stances.sentence == "1 speaks against it, 1 speaks for it, 1 is neutral."
    assert {row.about for row in panel.rows} == {"Customers stay", "First job → Customers stay"}


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        ({}, 2),
        ({"stance": "for"}, 1),
        ({"search": "overtime"}, 1),
        ({"search": "webinar"}, 1),
        ({"search": "Roofing"}, 2),
        ({"search": "nothing"}, 0),
    ],
)
def test_insights_are_found_by_stance_and_by_words(goal, product, erin, choice, count):
    insight_make(erin, about=goal)
    insight_make(erin, about=goal, text="We stay.", stance="for", source="webinar")

    assert insight_choose(product=product, choice=InsightChoice(**choice)).count() == count


def test_an_insight_may_be_about_what_is_in_use_or_about_what_it_was(goal, mapping, alice, erin, today, now):
    insight = insight_make(erin, about=mapping)
    mapping_retire(mapping=mapping, actor=alice, reason="No.", now=now)
    after_belief = insight_subjects(product=goal.product, today=today)
    kept = insight_subjects(product=goal.product, today=today, keep=insight)
    goal_retire(goal=goal, actor=alice, reason="Gone.", now=now)
    after_goal = insight_subjects(product=goal.product, today=today)

    assert (list(after_belief.goals), list(after_belief.mappings)) == ([goal], [])
    assert list(kept.mappings) == [mapping]
    assert after_goal.choices == []
