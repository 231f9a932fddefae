"""The organisation, its products and teams, and the people in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from knox.models import AbstractAuthToken

from common.models import TimeStamped, Versioned
from common.quarters import FiscalCalendar
from teams.querysets import MembershipQuerySet, ProductQuerySet, TeamQuerySet


def time_zone_check(name: str) -> None:
    """Refuses a name that is no time zone."""
    if name not in available_timezones():
        raise ValidationError(f"{name} is not a time zone. Choose one such as Europe/London.")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person with a login; without a password they must use an invitation or a reset."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # auth_token_set, of knox
    """A person. Logs in with their e-mail address; roles come from memberships."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "As my device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    email = models.EmailField(
        unique=True, error_messages={"unique": "Somebody with this address is here already."}
    )
    display_name = models.CharField("name", max_length=120)
    time_zone = models.CharField(max_length=60, blank=True, validators=[time_zone_check])
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)
    shortcuts = models.BooleanField("single-key shortcuts", default=True)
    mail_editions = models.BooleanField(
        "mail about editions", default=True, help_text="One mail when a week's roadmap edition is published."
    )
    is_leader = models.BooleanField("organisation leader", default=False, help_text="Reads every product.")
    is_active = models.BooleanField(
        default=True, help_text="Off: cannot log in, and their tokens stop working."
    )
    is_sample = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["display_name", "email"]

    def __str__(self) -> str:
        return self.display_name or self.email

    @property
    def is_staff(self) -> bool:
        """Organisation admins, and only they, enter the Django admin."""
        return self.is_superuser

    @property
    def initials(self) -> str:
        words = str(self).replace("@", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class Organisation(Versioned):
    """One deployment: its calendar, its zone and the rules that an admin may change."""

    class StreakPolicy(models.TextChoices):
        CONSECUTIVE = "consecutive", "three misses in a row"
        WINDOW = "window", "three misses in the last four quarters"

    name = models.CharField(max_length=120)
    fiscal_year_start = models.PositiveSmallIntegerField("fiscal year starts in month", default=1)
    fiscal_year_start_next = models.PositiveSmallIntegerField(null=True, blank=True)
    fiscal_year_start_from = models.DateField(null=True, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[time_zone_check])
    roadmap_weekday = models.PositiveSmallIntegerField("weekly cut-off, weekday (Monday is 0)", default=0)
    roadmap_hour = models.PositiveSmallIntegerField("weekly cut-off, hour", default=6)
    stale_hours = models.PositiveSmallIntegerField("a board is stale after, hours", default=48)
    ageing_days = models.PositiveSmallIntegerField("a card is ageing after, days in its stage", default=21)
    quarter_close_days = models.PositiveSmallIntegerField("a quarter closes after its end, days", default=10)
    target_lock_days = models.PositiveSmallIntegerField(
        "team targets lock after, days into the quarter", default=28
    )
    streak_to_contest = models.PositiveSmallIntegerField("misses that open a contest", default=3)
    streak_policy = models.CharField(max_length=12, choices=StreakPolicy, default=StreakPolicy.CONSECUTIVE)
    proposal_days = models.PositiveSmallIntegerField("days for proposals", default=14)
    country = models.CharField(
        max_length=2, blank=True, help_text="Its public holidays are set aside when a belief is tested."
    )
    country_region = models.CharField("state or region", max_length=40, blank=True)
    smallest_link = models.FloatField(
        "smallest association worth acting on", default=0.3, help_text="Between 0.1 and 0.6."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="organisation_is_one_row"),
            models.CheckConstraint(
                condition=Q(fiscal_year_start__gte=1, fiscal_year_start__lte=12),
                name="fiscal_year_start_is_a_month",
            ),
            models.CheckConstraint(
                condition=Q(roadmap_weekday__lte=6, roadmap_hour__lte=23), name="roadmap_cutoff_is_a_time"
            ),
            models.CheckConstraint(condition=Q(streak_to_contest__gte=1), name="streak_to_contest_positive"),
            models.CheckConstraint(
                condition=Q(smallest_link__gte=0.1, smallest_link__lte=0.6), name="smallest_link_in_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def calendar(self) -> FiscalCalendar:
        return FiscalCalendar(self.fiscal_year_start)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def today(self, now: datetime) -> date:
        """The calendar day at `now` where the organisation is."""
        return now.astimezone(self.zone).date()


class Product(Versioned, TimeStamped):
    """What a Product Team answers for: strategic goals, and Stream Teams that work towards them."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("overview", args=[self.slug])

    @property
    def bring_back_url(self) -> str:
        """The page on which it is brought back from the archive."""
        return reverse("teams:product-edit", args=[self.slug])


class Team(Versioned, TimeStamped):
    """A Product Team (one a product, sets strategy) or a Stream Team (builds, answers for usage metrics)."""

    class Kind(models.TextChoices):
        PRODUCT = "product", "Product Team"
        STREAM = "stream", "Stream Team"

    product = models.ForeignKey(Product, models.CASCADE, related_name="teams")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STREAM)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80)
    purpose = models.TextField(
        blank=True, help_text="The value stream that the team answers for, in a sentence."
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TeamQuerySet] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["product", "slug"], name="team_slug_once_a_product"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(kind="product"), name="one_product_team_a_product"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("roadmap:team-detail", args=[self.product.slug, self.slug])

    @property
    def bring_back_url(self) -> str:
        """The page on which it is brought back from the archive."""
        return reverse("teams:team-edit", args=[self.product.slug, self.slug])


class Membership(Versioned):
    """A person's role in a team, from a day until the day before `end_date`."""

    class Role(models.TextChoices):
        PRODUCT_MANAGER = "product_manager", "Product manager"
        LEAD = "lead", "Lead"
        MEMBER = "member", "Member"
        VIEWER = "viewer", "Viewer"

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    team_kind = models.CharField(max_length=10, choices=Team.Kind, editable=False)
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    start_date = models.DateField()
    end_date = models.DateField(null=True, blank=True)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["team", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "team"], condition=Q(end_date=None), name="one_running_membership_a_team"
            ),
            models.CheckConstraint(
                condition=Q(end_date=None) | Q(end_date__gte=F("start_date")),
                name="membership_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(team_kind="product") | Q(role__in=["member", "viewer"]),
                name="managers_and_leads_only_in_a_product_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display().lower()} in {self.team}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.team_kind = self.team.kind
        super().save(*args, **kwargs)


class Invitation(models.Model):
    """An offer of a membership, or of an organisation-wide role, to an address.

    Its link is shown once and stored as a digest.
    """

    class OrganisationRole(models.TextChoices):
        NONE = "", "None"
        LEADER = "leader", "Organisation leader"
        ADMIN = "admin", "Organisation admin"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        REVOKED = "revoked", "Revoked"
        EXPIRED = "expired", "Expired"

    email = models.EmailField()
    display_name = models.CharField(max_length=120, blank=True)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="invitations")
    organisation_role = models.CharField(max_length=10, choices=OrganisationRole, blank=True, default="")
    role = models.CharField(max_length=20, choices=Membership.Role, default=Membership.Role.MEMBER)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=False) | ~Q(organisation_role=""), name="invitation_offers_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.offer}"

    @property
    def offer(self) -> str:
        """What the invited person becomes, in words."""
        words = [] if self.team is None else [f"{self.get_role_display().lower()} of {self.team}"]
        if self.organisation_role:
            words.append(self.get_organisation_role_display().lower())
        return " and ".join(words)

    def state_at(self, now: datetime) -> str:
        """Whether the link still works at `now`, and if not, why."""
        if self.accepted_at is not None:
            return self.State.ACCEPTED
        if self.revoked_at is not None:
            return self.State.REVOKED
        return self.State.EXPIRED if self.expires_at <= now else self.State.OPEN


class ApiToken(AbstractAuthToken):
    """A token for the REST API: shown once, stored as a digest, with a name, scopes and an expiry."""

    name = models.CharField(max_length=120)
    scopes = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name
