"""The organisation's rules, the fiscal year, the audit trail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.audit import audit_list, audit_record
from common.errors import ApplicationError, ConflictError
from common.jobs import jobs_work
from teams.models import Organisation
from teams.services.organisation import (
    fiscal_year_apply,
    fiscal_year_plan,
    fiscal_year_start_next,
    organisation_update,
)
from teams.signals import fiscal_calendar_changed

FORM = {
    "name": "Example organisation",
    "time_zone": "Europe/London",
    "roadmap_weekday": "0",
    "roadmap_hour": "6",
    "stale_hours": "48",
    "ageing_days": "21",
    "quarter_close_days": "10",
    "target_lock_days": "28",
    "streak_to_contest": "3",
    "streak_policy": "consecutive",
    "proposal_days": "14",
    "country": "",
    "country_region": "",
    "smallest_link": "0.3",
    "version": "1",
}


def test_an_admin_changes_the_rules_and_it_is_on_record(dana, logged_in):
    response = logged_in(dana).post("/settings/", {**FORM, "streak_policy": "window"})

    organisation = Organisation.objects.get()
    event = audit_list(organisation)[0]
    assert response.status_code == 302
    assert (organisation.time_zone, organisation.streak_policy) == ("Europe/London", "window")
    assert event.before == {"time_zone": "UTC", "streak_policy": "consecutive"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("streak_to_contest", "0"),
        ("quarter_close_days", "61"),
        ("time_zone", "Mars/Olympus"),
        ("roadmap_hour", "24"),
        ("roadmap_weekday", "monday"),
        ("name", ""),
        ("proposal_days", "-1"),
        ("country", "ZZ"),
        ("country_region", "BY"),
        ("smallest_link", "0.05"),
        ("smallest_link", "0.61"),
        ("smallest_link", ""),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(dana, logged_in, field, value):
    response = logged_in(dana).post("/settings/", {**FORM, field: value})

    assert response.status_code == 422
    assert f'href="#id_{field}"' in response.content.decode()
    assert Organisation.objects.get().version == 1


def test_the_country_its_region_and_the_smallest_link_are_kept_and_on_record(dana, logged_in):
    sent = {**FORM, "country": "DE", "country_region": "bayern", "smallest_link": "0.25"}

    response = logged_in(dana).post("/settings/", sent)

    organisation = Organisation.objects.get()
    assert response.status_code == 302
    assert (organisation.country, organisation.country_region, organisation.smallest_link) == (
        "DE",
        "BY",
        0.25,
    )
    event = audit_list(organisation)[0]
    assert (event.after["country"], event.after["country_region"], event.after["smallest_link"]) == (
        "DE",
        "BY",
        0.25,
    )
    assert event.before["smallest_link"] == 0.3


def test_a_region_that_the_country_does_not_have_is_refused_with_those_it_has(dana, logged_in):
    page = logged_in(dana).post("/settings/", {**FORM, "country": "DE", "country_region": "Texas"})

    assert page.status_code == 422
    text = page.content.decode()
    assert "Germany has no “Texas”. State or region is one of Augsburg, BB (Brandenburg), BE (Berlin)" in text
    assert 'href="#id_country_region"' in text
    assert Organisation.objects.get().country == ""


def test_a_region_without_a_country_or_in_a_country_without_regions_is_refused(dana):
    with pytest.raises(ApplicationError, match="needs its country") as alone:
        organisation_update(actor=dana, expected_version=1, values={"country_region": "BY"})
    with pytest.raises(ApplicationError, match="Leave State or region empty") as nowhere:
        organisation_update(
            actor=dana, expected_version=1, values={"country": "JP", "country_region": "Kanto"}
        )

    assert (alone.value.field, nowhere.value.field) == ("country_region", "country_region")


def test_a_country_that_is_not_known_is_refused_whatever_sends_it(dana):
    with pytest.raises(ApplicationError, match="No public holidays are known for “ZZ”") as caught:
        organisation_update(actor=dana, expected_version=1, values={"country": "ZZ"})

    assert caught.value.field == "country"


def test_a_new_country_does_not_keep_the_old_ones_region(dana):
    organisation_update(actor=dana, expected_version=1, values={"country": "DE", "country_region": "BY"})

    with pytest.raises(ApplicationError, match="Austria has no “BY”"):
        organisation_update(actor=dana, expected_version=2, values={"country": "AT"})


def test_two_admins_who_save_at_once_see_both_versions(dana, logged_in):
    browser = logged_in(dana)
    organisation_update(actor=dana, expected_version=1, values={"ageing_days": 30})

    response = browser.post("/settings/", {**FORM, "ageing_days": "14"})

    assert response.status_code == 409
    assert Organisation.objects.get().ageing_days == 30


def test_what_is_not_on_the_form_cannot_be_sent(dana, logged_in):
    with pytest.raises(ApplicationError, match="cannot be changed here"):
        organisation_update(actor=dana, expected_version=1, values={"fiscal_year_start": 4})

    logged_in(dana).post("/settings/", {**FORM, "fiscal_year_start": "4"})

    assert Organisation.objects.get().fiscal_year_start == 1


@pytest.mark.parametrize(
    ("month", "day", "expected"),
    [
        (4, date(2026, 11, 18), date(2027, 4, 1)),
        (12, date(2026, 11, 18), date(2026, 12, 1)),
        (12, date(2026, 12, 1), date(2027, 12, 1)),
        (1, date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_a_change_holds_from_the_next_first_day(month, day, expected):
    assert fiscal_year_start_next(month, day) == expected


def test_a_planned_fiscal_year_holds_on_its_day_and_not_before(dana, now):
    heard = []

    def listen(sender, organisation, before, **_kwargs):
        heard.append((before, organisation.fiscal_year_start))

    fiscal_calendar_changed.connect(listen)
    fiscal_year_plan(actor=dana, expected_version=1, month=4, now=now)
    eve = datetime(2027, 3, 31, 23, 59, tzinfo=ZoneInfo("UTC"))

    jobs_work(now=eve, kinds=["fiscal_year_change"])
    before = Organisation.objects.get().fiscal_year_start
    jobs_work(now=eve + timedelta(minutes=2), kinds=["fiscal_year_change"])
    jobs_work(now=eve + timedelta(minutes=3), kinds=["fiscal_year_change"])
    fiscal_calendar_changed.disconnect(listen)

    organisation = Organisation.objects.get()
    assert before == 1
    assert (organisation.fiscal_year_start, organisation.fiscal_year_start_from) == (4, None)
    assert heard == [(1, 4)]
    assert [event.action for event in audit_list(organisation)].count("fiscal year start changed") == 1


def test_a_shift_that_would_make_quarters_overlap_is_refused(dana, now, monkeypatch):
    monkeypatch.setattr("teams.services.organisation.quarter_rows_exist", lambda: True)

    with pytest.raises(ApplicationError, match="Choose April, July or October") as caught:
        fiscal_year_plan(actor=dana, expected_version=1, month=2, now=now)
    fiscal_year_plan(actor=dana, expected_version=1, month=7, now=now)

    assert caught.value.field == "month"
    assert Organisation.objects.get().fiscal_year_start_next == 7


def test_any_month_is_fine_while_no_quarter_is_stored(dana, now):
    fiscal_year_plan(actor=dana, expected_version=1, month=2, now=now)

    assert Organisation.objects.get().fiscal_year_start_from == date(2027, 2, 1)


def test_a_plan_that_no_longer_fits_is_dropped_with_the_reason(dana, now, monkeypatch):
    fiscal_year_plan(actor=dana, expected_version=1, month=2, now=now)
    monkeypatch.setattr("teams.services.organisation.quarter_rows_exist", lambda: True)

    assert fiscal_year_apply(now=datetime(2027, 2, 1, 9, tzinfo=ZoneInfo("UTC"))) is False

    organisation = Organisation.objects.get()
    assert (organisation.fiscal_year_start, organisation.fiscal_year_start_next) == (1, None)
    assert "overlap" in audit_list(organisation)[0].reason


def test_a_plan_is_taken_back_by_choosing_the_month_of_today(dana, now):
    fiscal_year_plan(actor=dana, expected_version=1, month=4, now=now)

    fiscal_year_plan(actor=dana, expected_version=2, month=1, now=now)

    assert Organisation.objects.get().fiscal_year_start_next is None
    assert audit_list(Organisation.objects.get())[0].action == "fiscal year change taken back"


def test_a_plan_on_an_old_version_is_refused(dana, now):
    with pytest.raises(ConflictError):
        fiscal_year_plan(actor=dana, expected_version=9, month=4, now=now)


@pytest.mark.usefixtures("frozen_today")
def test_the_page_says_from_when_the_change_holds(dana, logged_in):
    page = (
        logged_in(dana)
        .post("/settings/fiscal-year/", {"month": "4", "version": "1"}, follow=True)
        .content.decode()
    )

    assert "The change holds from 1 April 2027" in page


def test_the_activity_is_filtered(product, alice, dana, logged_in):
    audit_record(actor=alice, action="goal edited", subject=product, reason="We learnt <b>more</b>")
    audit_record(actor=dana, action="settings changed", subject=Organisation.objects.get())
    browser = logged_in(dana)

    everything = browser.get("/settings/activity/").content.decode()
    of_alice = browser.get(f"/settings/activity/?actor={alice.pk}").content.decode()
    of_products = browser.get("/settings/activity/?kind=teams.product&q=learnt").content.decode()
    nothing = browser.get("/settings/activity/?until=2020-01-01").content.decode()
    wrong = browser.get("/settings/activity/?since=yesterday")

    assert "goal edited" in everything
    assert "<b>more</b>" not in everything
    assert "settings changed" not in of_alice
    assert "goal edited" in of_products
    assert "No event matches" in nothing
    assert wrong.status_code == 422


def test_a_quarter_row_anywhere_is_found(product, team, alice):
    from teams.services.organisation import quarter_rows_exist

    assert quarter_rows_exist() is False
    from metrics.models import Metric, Target

    metric = Metric.objects.create(product=product, key="jobs", name="Jobs", kind="outcome")
    Target.objects.create(
        team=team,
        metric=metric,
        quarter_start=date(2026, 10, 1),
        quarter_end=date(2027, 1, 1),
        baseline=1,
        commit=2,
    )

    assert quarter_rows_exist() is True
