"""Reads of the organisation, its products, teams and people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q, QuerySet

from common.models import AuditEvent
from teams.models import ApiToken, Invitation, Membership, Organisation, Product, Team, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


# How long an invitation that came to nothing is listed, to be sent again.
INVITATIONS_TOLD = timedelta(days=90)
_held: ContextVar[list[Organisation] | None] = ContextVar("organisation", default=None)


@contextmanager
def organisation_held() -> Iterator[None]:
    """Inside, the organisation is read once: for requests that only read, where a dozen callers ask for it."""
    token = _held.set([])
    try:
        yield
    finally:
        _held.reset(token)


def organisation_get() -> Organisation:
    """The one organisation; a default row is made on the first call of a new deployment."""
    held = _held.get()
    if held:
        return held[0]
    organisation = (
        Organisation.objects.filter(pk=1).first()
        or Organisation.objects.get_or_create(pk=1, defaults={"name": "Your organisation"})[0]
    )
    if held is not None:
        held.append(organisation)
    return organisation


# --- products and teams -------------------------------------------------------------------------------


def product_list(*, user: User | AnonymousUser, archived: bool = False) -> list[Product]:
    """The products that `user` may see, in use or archived, by name."""
    rows = Product.objects.visible_to(user).filter(archived_at__isnull=not archived)
    return list(rows.order_by("name"))


@dataclass(frozen=True)
class TeamRow:
    """A team in the list of a product's teams."""

    team: Team
    url: str
    people: int
    managers: Sequence[str]


def team_rows(*, product: Product, today: date, archived: bool = False) -> list[TeamRow]:
    """The product's teams with the number of people in them today, the Product Team first."""
    running = Membership.objects.running(today).filter(user__is_active=True).select_related("user")
    teams = (
        Team.objects.filter(product=product, archived_at__isnull=not archived)
        .select_related("product")
        .prefetch_related(Prefetch("memberships", queryset=running, to_attr="people_now"))
        .order_by("kind", "name")
    )
    manager = Membership.Role.PRODUCT_MANAGER
    return [
        TeamRow(
            team=team,
            url=team.get_absolute_url(),
            people=len(team.people_now),
            managers=[str(row.user) for row in team.people_now if row.role == manager],
        )
        for team in teams
    ]


def product_team_get(product: Product) -> Team:
    """The product's Product Team."""
    return Team.objects.get(product=product, kind=Team.Kind.PRODUCT)


# --- people of a team ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class TeamPeople:
    """Memberships of one team by when they hold."""

    running: Sequence[Membership]
    coming: Sequence[Membership]
    past: Sequence[Membership]


def team_people(*, team: Team, today: date) -> TeamPeople:
    """Everybody who is, will be or was in the team."""
    order = {role: place for place, role in enumerate(Membership.Role.values)}
    rows = sorted(
        Membership.objects.filter(team=team).select_related("user", "team__product"),
        key=lambda row: (order[row.role], str(row.user).lower(), row.start_date),
    )
    over = [row for row in rows if row.end_date is not None and row.end_date <= today]
    coming = [row for row in rows if row.start_date > today and row not in over]
    running = [row for row in rows if row not in over and row not in coming]
    over.sort(key=lambda row: row.end_date or today, reverse=True)
    return TeamPeople(running=running, coming=coming, past=over)


def product_members(*, product: Product, today: date, but: str = "") -> list[User]:
    """Everyone active with a membership of the product that runs on `today`, each once; one query.

    `but` is a role of Membership that does not count.
    """
    rows = Membership.objects.filter(team__product=product, team__archived_at=None).exclude(role=but)
    running = rows.running(today)
    return list(User.objects.filter(pk__in=running.values("user_id"), is_active=True).order_by("pk"))


def invitations_open(*, now: datetime, team: Team | None = None) -> QuerySet[Invitation]:
    """Invitations whose link still works, of one team or of the whole organisation."""
    rows = Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
    if team is not None:
        rows = rows.filter(team=team)
    return rows.select_related("team__product", "invited_by")


def invitations_over(*, now: datetime, team: Team | None = None) -> list[tuple[Invitation, str]]:
    """(invitation, why its link no longer works) of the last 90 days that expired or were taken back, the newest of each address and offer.

    One whose address was invited again since, or has accepted, is left out: there is nothing more to do about it.
    """
    rows = Invitation.objects.filter(created_at__gt=now - INVITATIONS_TOLD)
    if team is not None:
        rows = rows.filter(team=team)
    newest: dict[tuple[str, int | None, str], Invitation] = {}
    for row in rows.select_related("team__product", "invited_by").order_by("-created_at", "-pk")[:500]:
        newest.setdefault((row.email, row.team_id, row.organisation_role), row)
    over = {Invitation.State.EXPIRED, Invitation.State.REVOKED}
    found = [(row, row.state_at(now)) for row in newest.values()]
    return [(row, str(Invitation.State(state).label)) for row, state in found if state in over][:100]


# --- people of the organisation -----------------------------------------------------------------------


class PeopleFilter:
    """Which people the list shows."""

    ACTIVE, ADMINS, LEADERS, DEACTIVATED = "active", "admins", "leaders", "deactivated"
    LABELS = {ACTIVE: "Active", ADMINS: "Admins", LEADERS: "Leaders", DEACTIVATED: "Deactivated"}
    RULES = {
        ACTIVE: Q(is_active=True),
        ADMINS: Q(is_superuser=True, is_active=True),
        LEADERS: Q(is_leader=True, is_active=True),
        DEACTIVATED: Q(is_active=False),
    }


def people_list(*, query: str, shown: str, today: date) -> QuerySet[User]:
    """People whose name or address contains `query`, with the memberships that run today."""
    running = Membership.objects.running(today).select_related("team__product")
    rows = User.objects.filter(PeopleFilter.RULES.get(shown, PeopleFilter.RULES[PeopleFilter.ACTIVE]))
    if query:
        rows = rows.filter(Q(display_name__icontains=query) | Q(email__icontains=query))
    return rows.prefetch_related(
        Prefetch("memberships", queryset=running, to_attr="memberships_now")
    ).order_by("display_name", "email")


def people_counts() -> dict[str, int]:
    """How many people each filter shows."""
    rules = {name: Count("pk", filter=rule) for name, rule in PeopleFilter.RULES.items()}
    return {name: int(number) for name, number in User.objects.aggregate(**rules).items()}


def token_list(*, user: User) -> QuerySet[ApiToken]:
    """The person's tokens, newest first; expired ones stay until they are next looked up or revoked."""
    return ApiToken.objects.filter(user=user).order_by("-created")


# --- audit trail --------------------------------------------------------------------------------------


def activity_list(
    *,
    actor: int | None = None,
    product: int | None = None,
    kind: str = "",
    query: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AuditEvent]:
    """Audit events but confidential ones, newest first. `kind` is a model such as "strategy.goal"; days are inclusive."""
    events = AuditEvent.objects.filter(confidential=False).select_related("actor")
    if actor is not None:
        events = events.filter(actor_id=actor)
    if product is not None:
        events = events.filter(product_id=product)
    if kind:
        events = events.filter(subject__startswith=f"{kind}:")
    if query:
        events = events.filter(
            Q(action__icontains=query) | Q(subject_label__icontains=query) | Q(reason__icontains=query)
        )
    if since is not None:
        events = events.filter(at__date__gte=since)
    if until is not None:
        events = events.filter(at__date__lte=until)
    return events


def activity_kinds() -> list[str]:
    """The models that appear in the audit trail."""
    subjects = (
        AuditEvent.objects.filter(confidential=False).order_by().values_list("subject", flat=True).distinct()
    )
    return sorted({subject.rpartition(":")[0] for subject in subjects.iterator()})
