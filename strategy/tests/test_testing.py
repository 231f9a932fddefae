"""The weekly test of beliefs: what is stored, what is stated, and who is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.audit import audit_list
from common.models import OutboxMessage
from metrics.models import Event, Metric
from metrics.services import observations_record_pairs
from strategy.models import MappingVerdict
from strategy.selectors.verdicts import series_shown
from strategy.services import goal_retire, mapping_adjust, mapping_retire, mappings_test, verdict_reproduce
from strategy.signals import mapping_verdict_changed
from strategy.tests.evidence_factories import Pair, pair_make
from strategy.tests.factories import goal_make, mapping_make, metric_make

UTC = ZoneInfo("UTC")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # the series of `pair_make` end in the week before
pytestmark = pytest.mark.django_db


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


@pytest.fixture
def usage(product) -> Metric:
    return metric_make(product, key="usage", kind="outcome")


@pytest.fixture
def belief(goal, usage, alice):
    return mapping_make(goal, usage, alice, lag_weeks=4)


def figures_record(metric: Metric, starts: list[date], values: list[float | None], actor) -> None:
    pairs = [
        (start + timedelta(days=3), value)
        for start, value in zip(starts, values, strict=True)
        if value is not None
    ]
    observations_record_pairs(metric=metric, pairs=pairs, actor=actor, now=MONDAY - timedelta(days=1))


def pair_record(belief, actor, pair: Pair | None = None) -> None:
    pair = pair or pair_make()
    figures_record(belief.metric, pair.starts, pair.x, actor)
    figures_record(belief.goal.versions.latest("number").metric, pair.starts, pair.y, actor)


def newest(belief) -> MappingVerdict:
    belief.refresh_from_db()
    return belief.newest_verdict


def test_a_link_that_is_there_is_supported_and_stated(belief, alice):
    pair_record(belief, alice)
    summary = mappings_test(now=MONDAY)
    verdict = newest(belief)
    assert (summary.beliefs, summary.tested, summary.stated) == (1, 1, 1)
    assert (verdict.verdict, verdict.lag, verdict.periods) == ("supported", 3, 104)
    assert belief.stated_verdict == verdict
    assert verdict.week == date(2026, 11, 16)
    assert verdict.window_end == date(2026, 11, 15)


def test_a_belief_in_the_opposite_direction_is_contradicted(belief, alice):
    pair_record(belief, alice, pair_make(effect=-0.8))
    mappings_test(now=MONDAY)
    assert (newest(belief).verdict, newest(belief).reason) == ("contradicted", "opposite")


def test_a_metric_without_figures_has_not_enough_data(belief):
    mappings_test(now=MONDAY)
    assert (newest(belief).verdict, newest(belief).periods) == ("not_enough_data", 0)


def test_a_second_run_in_the_week_adds_nothing(belief, alice):
    pair_record(belief, alice)
    mappings_test(now=MONDAY)
    summary = mappings_test(now=MONDAY + timedelta(days=3))
    assert (summary.tested, summary.unchanged) == (0, 1)
    assert belief.verdicts.count() == 1


def test_testing_again_adds_a_revision_and_overwrites_nothing(belief, alice):
    mappings_test(now=MONDAY)
    pair_record(belief, alice)
    mappings_test(now=MONDAY + timedelta(days=1), again=True)
    assert list(belief.verdicts.order_by("revision").values_list("revision", "verdict")) == [
        (1, "not_enough_data"),
        (2, "supported"),
    ]
    belief.refresh_from_db()
    assert belief.stated_verdict.revision == 2


def test_a_belief_added_later_in_the_week_gets_its_verdict_by_the_next_run(belief, goal, product, alice):
    mappings_test(now=MONDAY)
    other = mapping_make(goal, metric_make(product, key="logins", kind="outcome"), alice)
    assert mappings_test(now=MONDAY + timedelta(days=1)).tested == 1
    assert newest(other).week == date(2026, 11, 16)


def test_the_stated_verdict_waits_for_the_first_run_of_a_month(belief, alice):
    mappings_test(now=MONDAY)
    pair_record(belief, alice)
    mappings_test(now=MONDAY + timedelta(weeks=1))
    belief.refresh_from_db()
    assert (belief.stated_verdict.verdict, belief.newest_verdict.verdict) == ("not_enough_data", "supported")
    mappings_test(now=MONDAY + timedelta(weeks=3))  # 7 December
    belief.refresh_from_db()
    assert belief.stated_verdict == belief.newest_verdict
    assert belief.stated_verdict.verdict == "supported"


def test_words_worded_anew_do_not_bring_the_next_stated_verdict_forward(belief, alice):
    mappings_test(now=MONDAY)
    mapping_adjust(
        mapping=belief, changes={"belief": "it saves time"}, actor=alice, reason="Clearer.", now=MONDAY
    )
    mappings_test(now=MONDAY + timedelta(weeks=1))
    assert not newest(belief).stated


def test_another_direction_is_another_claim_and_is_stated_at_once(belief, alice):
    pair_record(belief, alice)
    mappings_test(now=MONDAY)
    mapping_adjust(mapping=belief, changes={"direction": "-"}, actor=alice, reason="Seen.", now=MONDAY)
    mappings_test(now=MONDAY + timedelta(hours=1))
    assert (newest(belief).verdict, newest(belief).stated) == ("contradicted", True)
    assert newest(belief).facts["after_wording"] == 0


def test_another_metric_of_the_goal_is_another_claim_and_is_stated_at_once(belief, goal, product, alice):
    pair_record(belief, alice)
    mappings_test(now=MONDAY)
    version = goal.versions.get()
    version.metric = metric_make(product, key="revenue")
    version.save()
    mappings_test(now=MONDAY + timedelta(weeks=1))
    assert (newest(belief).verdict, newest(belief).stated) == ("not_enough_data", True)
    assert list(belief.verdicts.order_by("week").values_list("goal_metric__key", flat=True)) == [
        "retention",
        "revenue",
    ]


def test_a_named_lag_narrows_the_search_to_its_neighbours(belief, alice):
    pair_record(belief, alice)
    mapping_adjust(mapping=belief, changes={"lag_weeks": 3}, actor=alice, reason="We know.", now=MONDAY)
    mappings_test(now=MONDAY)
    assert newest(belief).lags == [2, 3, 4]


def test_a_named_lag_too_long_for_the_history_is_not_answered_by_a_shorter_one(belief, alice):
    pair_record(belief, alice)
    mapping_adjust(mapping=belief, changes={"lag_weeks": 40}, actor=alice, reason="Slow.", now=MONDAY)
    mappings_test(now=MONDAY)
    verdict = newest(belief)
    assert (verdict.verdict, verdict.lags, verdict.lag, verdict.p_value) == (
        "not_enough_data",
        [],
        None,
        None,
    )
    assert (verdict.periods, verdict.family) == (104, 0)
    assert verdict_reproduce(verdict=verdict) == {}


def test_no_figure_from_after_the_moment_is_read(belief, alice):
    pair_record(belief, alice)
    mappings_test(now=MONDAY - timedelta(weeks=20))
    assert newest(belief).window_end == date(2026, 6, 28)


def test_retired_beliefs_and_those_of_retired_goals_are_not_tested(belief, goal, product, alice):
    other = mapping_make(goal, metric_make(product, key="logins", kind="outcome"), alice)
    mapping_retire(mapping=other, actor=alice, reason="No.", now=MONDAY)
    assert mappings_test(now=MONDAY).beliefs == 1
    goal_retire(goal=goal, actor=alice, reason="Gone.", now=MONDAY)
    assert mappings_test(now=MONDAY + timedelta(weeks=1)).beliefs == 0


def test_events_set_their_weeks_aside_unless_they_say_otherwise(belief, product, alice):
    pair_record(belief, alice)
    day = date(2026, 6, 17)
    Event.objects.create(product=product, title="Tracking fixed", starts_on=day, ends_on=day)
    Event.objects.create(
        product=product,
        title="Talk",
        starts_on=day + timedelta(weeks=1),
        ends_on=day + timedelta(weeks=1),
        set_aside=False,
    )
    mappings_test(now=MONDAY)
    assert newest(belief).facts["set_aside"] == [{"start": "2026-06-15", "reason": "Tracking fixed"}]


def test_weeks_of_public_holidays_are_set_aside_in_the_organisations_country(belief, alice, organisation):
    organisation.country = "DE"
    organisation.save()
    pair_record(belief, alice)
    mappings_test(now=MONDAY)
    reasons = {row["start"]: row["reason"] for row in newest(belief).facts["set_aside"]}
    assert "2025-12-22" in reasons
    assert "2026-07-13" not in reasons


def test_what_is_computed_from_the_goals_own_figure_is_not_tested(belief, goal, product, alice):
    shared = metric_make(product, key="visits")
    version = goal.versions.latest("number")
    version.metric.numerator, version.metric.denominator = belief.metric, shared
    version.metric.save()
    mappings_test(now=MONDAY)
    assert (newest(belief).verdict, newest(belief).arithmetic) == ("untested", True)


def test_all_beliefs_of_a_product_share_the_chance_of_a_false_alarm(belief, goal, product, alice):
    pair_record(belief, alice)
    for key in ("logins", "exports"):
        other = metric_make(product, key=key, kind="outcome")
        mapping_make(goal, other, alice)
        pair = pair_make(seed=len(key))
        figures_record(other, pair.starts, pair.x, alice)
    mappings_test(now=MONDAY)
    verdict = newest(belief)
    assert verdict.family == 3
    assert verdict.p_adjusted >= verdict.p_value


def test_a_changed_verdict_is_told_in_the_history_by_signal_and_to_the_owner(belief, alice):
    heard = []
    mapping_verdict_changed.connect(heard_add := lambda verdicts, **_: heard.extend(verdicts), weak=False)
    try:
        mappings_test(now=MONDAY)
        pair_record(belief, alice)
        mappings_test(now=MONDAY + timedelta(weeks=3))
    finally:
        mapping_verdict_changed.disconnect(heard_add)
    assert [verdict.verdict for verdict in heard] == ["supported"]
    event = audit_list(belief)[0]
    assert (event.action, event.after["verdict"]) == ("verdict changed", "supported")
    (mail,) = OutboxMessage.objects.filter(dedupe_key__startswith="verdict:")
    assert mail.payload["to"] == [alice.email]
    assert "Supported" in mail.payload["subject"]


def test_the_first_verdict_changes_nothing_and_mails_nobody(belief, alice):
    pair_record(belief, alice)
    assert mappings_test(now=MONDAY).changed == 0
    assert not OutboxMessage.objects.filter(dedupe_key__startswith="verdict:").exists()


def test_a_stored_verdict_is_computed_again_from_its_own_series_after_figures_were_restated(belief, alice):
    pair_record(belief, alice)
    mappings_test(now=MONDAY)
    verdict = newest(belief)
    pair_record(belief, alice, pair_make(seed=9))
    assert verdict_reproduce(verdict=verdict) == {}


def test_an_answer_that_was_tampered_with_is_noticed(belief, alice):
    pair_record(belief, alice)
    mappings_test(now=MONDAY)
    verdict = newest(belief)
    verdict.lag = 7
    assert verdict_reproduce(verdict=verdict) == {"lag": (7, 3)}


def test_a_verdict_of_an_older_method_cannot_be_computed_again(belief, alice):
    pair_record(belief, alice)
    mappings_test(now=MONDAY)
    verdict = newest(belief)
    verdict.method = "qds-0"
    with pytest.raises(ValueError, match="qds-0"):
        verdict_reproduce(verdict=verdict)


def test_the_series_are_kept_as_they_were_compared(belief, alice):
    pair = pair_make()
    pair_record(belief, alice, pair)
    mappings_test(now=MONDAY)
    periods = series_shown(newest(belief))["periods"]
    assert [row["metric"] for row in periods] == pair.x
    assert [row["goal"] for row in periods] == pair.y


def test_the_statements_do_not_grow_with_the_beliefs(
    belief, goal, product, alice, django_assert_max_num_queries
):
    for place in range(8):
        mapping_make(goal, metric_make(product, key=f"m{place}", kind="outcome"), alice)
    with django_assert_max_num_queries(20):
        mappings_test(now=MONDAY)
    assert MappingVerdict.objects.count() == 9
