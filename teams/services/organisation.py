"""The organisation's rules, and the planned move of its fiscal year."""

from __future__ import annotations

import calendar as calendar_names
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.holidays import countries, region_code, region_names
from common.locking import version_claim
from common.validation import clean_or_refuse
from teams.models import Organisation, User
from teams.selectors import organisation_get
from teams.signals import fiscal_calendar_changed

EDITABLE = (
    "name",
    "time_zone",
    "roadmap_weekday",
    "roadmap_hour",
    "stale_hours",
    "ageing_days",
    "quarter_close_days",
    "target_lock_days",
    "streak_to_contest",
    "streak_policy",
    "proposal_days",
    "country",
    "country_region",
    "smallest_link",
)
LIMITS: dict[str, tuple[float, float]] = {
    "stale_hours": (1, 24 * 60),
    "ageing_days": (1, 365),
    "quarter_close_days": (0, 60),
    "target_lock_days": (0, 80),
    "streak_to_contest": (1, 8),
    "proposal_days": (1, 90),
    "smallest_link": (0.1, 0.6),
}


@transaction.atomic
def organisation_update(*, actor: User, expected_version: int, values: dict[str, Any]) -> Organisation:
    """Changes the rules named in `values` (keys of EDITABLE, others are refused).

    Raises ApplicationError naming the field, ConflictError when somebody saved in between.
    """
    organisation = version_claim(organisation_get(), expected_version)
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise ApplicationError(f"These cannot be changed here: {', '.join(sorted(unknown))}.")
    before = {name: getattr(organisation, name) for name in values}
    for name, value in values.items():
        low, high = LIMITS.get(name, (None, None))
        if low is not None and high is not None and not low <= value <= high:
            raise ApplicationError(f"Choose a number from {low} to {high}.", field=name)
        setattr(organisation, name, value)
    _holidays_check(organisation)
    clean_or_refuse(organisation)
    organisation.save()
    old, new = changes(before, {name: getattr(organisation, name) for name in values})
    if new:
        audit_record(actor=actor, action="settings changed", subject=organisation, before=old, after=new)
    return organisation


def _holidays_check(organisation: Organisation) -> None:
    """Puts the region as its code; refuses a country that is not known, and a region that it does not have."""
    country, region = organisation.country, organisation.country_region.strip()
    names = dict(countries())
    if country and country not in names:
        raise ApplicationError(
            f"No public holidays are known for “{country}”. Choose a country.", field="country"
        )
    if not region:
        organisation.country_region = ""
        return
    if not country:
        raise ApplicationError(
            "A state or region needs its country. Choose the country too, or leave the region empty.",
            field="country_region",
        )
    code = region_code(country, region)
    if code is None:
        known = [code if name == code else f"{code} ({name})" for code, name in region_names(country).items()]
        mend = (
            f"State or region is one of {', '.join(known)}, or empty."
            if known
            else "Leave State or region empty: its holidays are the same everywhere."
        )
        raise ApplicationError(f"{names[country]} has no “{region}”. {mend}", field="country_region")
    organisation.country_region = code


def fiscal_year_start_next(month: int, today: date) -> date:
    """The first day after `today` on which a fiscal year that starts in `month` begins."""
    this_year = date(today.year, month, 1)
    return this_year if this_year > today else date(today.year + 1, month, 1)


def quarter_rows_exist() -> bool:
    """Whether anything is stored per quarter that a move of the quarters would leave overlapping.

    Asked of every model with a `quarter_start`, whatever app it is in; rollups that are made again do not count.
    """
    for model in apps.get_models():
        if getattr(model, "quarters_are_rebuilt", False):
            continue
        per_quarter = any(field.name == "quarter_start" for field in model._meta.get_fields())
        if per_quarter and model._default_manager.exists():
            return True
    return False


@transaction.atomic
def fiscal_year_plan(*, actor: User, expected_version: int, month: int, now: datetime) -> Organisation:
    """Plans that the fiscal year starts in `month`, from the next first day of such a year.

    The month it starts in already takes a plan back. Raises ApplicationError when stored quarters would overlap
    the new ones, ConflictError when somebody saved in between.
    """
    organisation = version_claim(organisation_get(), expected_version)
    if not 1 <= month <= 12:
        raise ApplicationError("Choose a month.", field="month")
    before = {"month": organisation.fiscal_year_start_next, "from": organisation.fiscal_year_start_from}
    if month == organisation.fiscal_year_start:
        organisation.fiscal_year_start_next = organisation.fiscal_year_start_from = None
    else:
        if (month - organisation.fiscal_year_start) % 3 and quarter_rows_exist():
            raise ApplicationError(_overlap_words(organisation), field="month")
        organisation.fiscal_year_start_next = month
        organisation.fiscal_year_start_from = fiscal_year_start_next(month, organisation.today(now))
    organisation.save()
    after = {"month": organisation.fiscal_year_start_next, "from": organisation.fiscal_year_start_from}
    if before != after:
        action = "fiscal year change planned" if after["month"] else "fiscal year change taken back"
        audit_record(actor=actor, action=action, subject=organisation, before=before, after=after)
    return organisation


def _overlap_words(organisation: Organisation) -> str:
    fitting = [
        calendar_names.month_name[(organisation.fiscal_year_start - 1 + shift) % 12 + 1]
        for shift in (3, 6, 9)
    ]
    return (
        "Targets or results are stored for quarters already, and quarters of that year would overlap them. "
        f"Choose {fitting[0]}, {fitting[1]} or {fitting[2]}, which keep the quarters where they are."
    )


@transaction.atomic
def fiscal_year_apply(*, now: datetime) -> bool:
    """Makes a planned change hold when its day has come; False when there is nothing to do.

    A plan whose month would by now make quarters overlap is dropped with the reason in the audit trail.
    """
    organisation = Organisation.objects.select_for_update().filter(pk=1).first()
    if organisation is None or not fiscal_year_is_due(organisation, now):
        return False
    before, month = organisation.fiscal_year_start, organisation.fiscal_year_start_next
    organisation.fiscal_year_start_next = organisation.fiscal_year_start_from = None
    version_claim(organisation, None)
    if month is None or ((month - before) % 3 and quarter_rows_exist()):
        organisation.save()
        audit_record(
            actor=None,
            action="fiscal year change dropped",
            subject=organisation,
            before={"month": month},
            reason=_overlap_words(organisation),
        )
        return False
    organisation.fiscal_year_start = month
    organisation.save()
    audit_record(
        actor=None,
        action="fiscal year start changed",
        subject=organisation,
        before={"fiscal_year_start": before},
        after={"fiscal_year_start": month},
    )
    fiscal_calendar_changed.send(sender=Organisation, organisation=organisation, before=before)
    return True


def fiscal_year_is_due(organisation: Organisation, now: datetime) -> bool:
    """Whether a planned change has reached its day where the organisation is."""
    starts = organisation.fiscal_year_start_from
    return starts is not None and starts <= organisation.today(now)
