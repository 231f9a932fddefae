"""Makes the weekly edition of a product: a frozen copy of all its work, with the difference from the last one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.db import transaction

from common.errors import ApplicationError
from common.quarters import week_parse
from roadmap.calculations.difference import CardState, Difference, difference_of
from roadmap.calculations.freshness import board_freshness, team_freshness
from roadmap.models import Edition, EditionCard, EditionTeam
from roadmap.selectors.cutoffs import cutoff_last, weeks_between
from roadmap.selectors.edition_cards import edition_states
from roadmap.selectors.work import TeamWork, WorkCard, work_collect
from roadmap.services.mails import edition_mail
from roadmap.services.totals import totals_of
from roadmap.signals import edition_published
from teams.models import Organisation, Product
from teams.selectors import organisation_get

BATCH = 500


@transaction.atomic
def edition_publish(*, product: Product, now: datetime, week: str | None = None) -> Edition:
    """Freezes the work of every active Stream Team of `product` as the edition of `week`; returns it.

    `week` is the week of the newest cut-off when left out. A second call in the same week makes a new revision when
    something differs, and returns the stored one when nothing does. The difference is always that from the edition of
    an earlier week. Raises ApplicationError for a week that has not begun, or that a later edition has closed.
    """
    slot = cutoff_last(now=now)
    week = week or slot.period
    _week_check(product, week, slot.period)
    # One at a time for each product: the second finds the first one's edition and adds nothing.
    Product.objects.select_for_update().get(pk=product.pk)
    organisation = organisation_get()
    teams = work_collect(product=product, now=now, ageing_days=organisation.ageing_days)
    latest = _latest(product, week)
    before = _before(product, week)
    edition = Edition(
        product=product,
        iso_year=int(week[:4]),
        iso_week=int(week[6:]),
        revision=latest.revision + 1 if latest else 1,
        cutoff_at=slot.at if week == slot.period else _cutoff_of(week, organisation),
        published_at=now,
    )
    lanes = [_lane(work, edition.cutoff_at, organisation) for work in teams]
    if latest is not None and _fingerprint_stored(latest) == _fingerprint(teams, lanes):
        return latest
    states = [_state(work, card) for work in teams for card in work.cards]
    weeks = weeks_between(before.week, week) if before else 1
    difference = difference_of(edition_states(edition=before) if before else None, states, weeks=weeks)
    edition.totals = totals_of(teams=teams, lanes=lanes)
    edition.difference = {"since": before.week if before else None, **difference.lists}
    edition.save()
    _rows_store(edition, teams, lanes, difference)
    if week == slot.period and latest is None:
        edition_mail(edition=edition, now=now)
    transaction.on_commit(
        lambda: edition_published.send(sender=Edition, edition_id=edition.pk, product_id=product.pk)
    )
    return edition


def _week_check(product: Product, week: str, current: str) -> None:
    try:
        week_parse(week)
    except ValueError:
        raise ApplicationError(f"{week!r} is not a week like 2026-W47.", field="week") from None
    if week > current:
        raise ApplicationError(f"The cut-off of {week} has not been yet.", field="week")
    later = Edition.objects.filter(product=product).order_by("-iso_year", "-iso_week").first()
    if later is not None and later.week > week:
        raise ApplicationError(
            f"The edition of {later.week} is out, so {week} stays as it is. Nobody knows any more how the boards stood.",
            field="week",
        )


def _cutoff_of(week: str, organisation: Organisation) -> datetime:
    day = week_parse(week) + timedelta(days=organisation.roadmap_weekday)
    return datetime.combine(day, time(organisation.roadmap_hour), tzinfo=organisation.zone)


def _latest(product: Product, week: str) -> Edition | None:
    return (
        Edition.objects.filter(product=product, iso_year=int(week[:4]), iso_week=int(week[6:]))
        .order_by("-revision")
        .first()
    )


def _before(product: Product, week: str) -> Edition | None:
    """The newest edition of an earlier week."""
    newest = Edition.objects.filter(product=product).order_by("-iso_year", "-iso_week", "-revision")
    return next((edition for edition in newest[:50] if edition.week < week), None)


def _lane(work: TeamWork, cutoff: datetime, organisation: Organisation) -> EditionTeam:
    boards = [
        {
            "id": board.pk,
            "name": board.name,
            "tool": board.connection.kind,
            "state": board_freshness(
                last_synced_at=board.last_synced_at, cutoff=cutoff, stale_hours=organisation.stale_hours
            ),
            "last_synced_at": board.last_synced_at.isoformat() if board.last_synced_at else None,
            "error": board.last_error,
        }
        for board in work.boards
    ]
    return EditionTeam(
        team=work.team,
        team_name=work.team.name,
        freshness=team_freshness([str(board["state"]) for board in boards]),
        boards=boards,
    )


def _rows_store(
    edition: Edition, teams: Sequence[TeamWork], lanes: Sequence[EditionTeam], difference: Difference
) -> None:
    for lane in lanes:
        lane.edition = edition
        lane.save()
    rows = [
        EditionCard(
            edition=edition,
            edition_team=lane,
            card=card.card,
            identity=card.card.identity,
            key=card.card.key,
            title=card.card.title,
            url=card.card.url,
            column_name=card.column_name,
            stage=card.stage,
            metric=card.card.metric,
            metric_name=card.metric_name,
            goals=list(card.goals),
            contradicted=card.contradicted,
            context=card.context,
            blocked=card.card.blocked,
            blocked_reason=card.card.blocked_reason,
            ageing=card.ageing,
            days_in_stage=card.days_in_stage,
            weeks_unchanged=difference.cards[card.card.pk].weeks_unchanged,
            change=difference.cards[card.card.pk].change,
        )
        for lane, work in zip(lanes, teams, strict=True)
        for card in work.cards
    ]
    EditionCard.objects.bulk_create(rows, batch_size=BATCH)


def _state(work: TeamWork, card: WorkCard) -> CardState:
    return CardState(
        card=card.card.pk,
        key=card.card.key,
        title=card.card.title,
        team=work.team.name,
        stage=card.stage,
        metric=card.card.metric_id,
        metric_name=card.metric_name,
        blocked=card.card.blocked,
    )


# What makes two editions of one week different: everything they show but the days, which grow by themselves, and the
# minute of the last read.


def _fingerprint(teams: Sequence[TeamWork], lanes: Sequence[EditionTeam]) -> tuple[object, ...]:
    cards = sorted(
        (
            card.card.pk, card.card.key, card.card.title, card.card.url, card.column_name, card.stage,
            card.card.metric_id or 0, card.metric_name, list(card.goals), card.contradicted, sorted(card.context.items()),
            card.card.blocked, card.card.blocked_reason,
        )
        for work in teams
        for card in work.cards
    )  # fmt: skip
    return cards, _lanes_print(lanes)


def _fingerprint_stored(edition: Edition) -> tuple[object, ...]:
    cards = sorted(
        (
            row.card_id or 0, row.key, row.title, row.url, row.column_name, row.stage,
            row.metric_id or 0, row.metric_name, list(row.goals), row.contradicted, sorted(row.context.items()),
            row.blocked, row.blocked_reason,
        )
        for row in EditionCard.objects.filter(edition=edition)
    )  # fmt: skip
    return cards, _lanes_print(list(EditionTeam.objects.filter(edition=edition)))


def _lanes_print(lanes: Sequence[EditionTeam]) -> object:
    return sorted(
        (lane.team_name, lane.freshness, sorted((board["name"], board["state"]) for board in lane.boards))
        for lane in lanes
    )
