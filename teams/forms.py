"""What people type into the pages of this app; the rules are the services'."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.dates import MONTHS, WEEKDAYS

from common.api_scopes import SCOPES
from common.forms import VersionForm
from common.holidays import countries
from teams.models import Invitation, Membership, Organisation, Product, Team, User
from teams.services.organisation import LIMITS

STREAM_ROLES = [Membership.Role.MEMBER, Membership.Role.VIEWER]


def zone_choices(empty: str = "") -> list[tuple[str, str]]:
    """All zones by name, "Europe/London" as "Europe / London"."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    choices = [("UTC", "UTC"), *((name, name.replace("_", " ").replace("/", " / ")) for name in names)]
    return [("", empty), *choices] if empty else choices


def country_choices() -> list[tuple[str, str]]:
    """All countries whose public holidays are known, by English name."""
    return [("", "No country: no holidays are set aside"), *countries()]


def role_choices(team: Team) -> list[tuple[str, str]]:
    """The roles that the team can have."""
    roles = list(Membership.Role) if team.kind == Team.Kind.PRODUCT else STREAM_ROLES
    return [(role.value, str(role.label)) for role in roles]


def _day_field(label: str, hint: str, *, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", "class": "short"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=hint, required=required, widget=widget)


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    time_zone = forms.ChoiceField(label="Time zone", required=False)
    theme = forms.ChoiceField(label="Theme", choices=User.Theme, widget=forms.RadioSelect)
    shortcuts = forms.BooleanField(
        label="Single-key shortcuts",
        required=False,
        help_text="Such as G then O for the overview. Press ? for all.",
    )

    mail_editions = forms.BooleanField(
        label="Mail about editions",
        required=False,
        help_text="One mail when a week's roadmap edition is published.",
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = zone_choices(f"As the organisation ({organisation.time_zone})")


class EmailChangeForm(forms.Form):
    email = forms.EmailField(
        label="New e-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label="Your password",
        strip=False,
        help_text="To make sure that it is you.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class TokenForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=120, help_text="What will use it, such as “nightly export”."
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text="Take only what is needed. A token never may more than you.",
    )
    last_day = _day_field("Last day", "At most a year from now.")


class OrganisationForm(VersionForm):
    name = forms.CharField(label="Name of the organisation", max_length=120)
    time_zone = forms.ChoiceField(
        label="Time zone", choices=zone_choices, help_text="Decides when a day, a week and a quarter begin."
    )
    roadmap_weekday = forms.TypedChoiceField(
        label="Weekly cut-off, day", coerce=int, choices=[(day, str(name)) for day, name in WEEKDAYS.items()]
    )
    roadmap_hour = forms.TypedChoiceField(
        label="Weekly cut-off, time", coerce=int, choices=[(hour, f"{hour:02d}:00") for hour in range(24)]
    )
    stale_hours = forms.IntegerField(label="A board is stale after, hours", help_text="Without a good sync.")
    ageing_days = forms.IntegerField(label="A card is ageing after, days", help_text="In one stage.")
    quarter_close_days = forms.IntegerField(
        label="A quarter closes after, days", help_text="After its end, so that late figures still count."
    )
    target_lock_days = forms.IntegerField(
        label="Team targets lock after, days",
        help_text="Into the quarter. Easing a target later never improves a verdict.",
    )
    streak_to_contest = forms.IntegerField(label="Missed quarters that open a contest")
    streak_policy = forms.ChoiceField(label="Which misses count", choices=Organisation.StreakPolicy)
    proposal_days = forms.IntegerField(label="Days for proposals", help_text="After a contest opens.")
    country = forms.ChoiceField(
        label="Country",
        choices=country_choices,
        required=False,
        help_text="Weeks with one of its public holidays are set aside when a belief is tested.",
    )
    country_region = forms.CharField(
        label="State or region",
        max_length=40,
        required=False,
        help_text="Its code or name, for holidays of its own, such as BY or Bayern in Germany.",
    )
    smallest_link = forms.FloatField(
        label="Smallest association worth acting on",
        help_text="From 0.1 to 0.6: a belief is called too small to matter when the figures rule out a stronger "
        "link than this; 0.3 accounts for 9% of what a goal does beyond its trend, season and own momentum.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["smallest_link"].widget.attrs["step"] = "any"
        for name, (low, high) in LIMITS.items():
            self.fields[name].widget.attrs.update({"min": low, "max": high, "class": "short"})


class FiscalYearForm(VersionForm):
    month = forms.TypedChoiceField(
        label="The fiscal year starts in",
        coerce=int,
        choices=[(number, str(name)) for number, name in MONTHS.items()],
    )


class ProductForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        label="Description",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is and for whom, in a sentence or two.",
    )


class ProductEditForm(ProductForm, VersionForm):
    pass


class TeamForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    purpose = forms.CharField(
        label="Value stream",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the team answers for from end to end, in a sentence.",
    )


class TeamEditForm(TeamForm, VersionForm):
    pass


class TeamPersonForm(forms.Form):
    """Adds somebody who has an account, or invites somebody; the same fields."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = role_choices(team)
        field.initial = Membership.Role.MEMBER


class MemberAddForm(TeamPersonForm):
    start_date = _day_field("From", "The first day in the role.")
    last_day = _day_field("Last day", "Empty: until further notice.", required=False)


class InviteForm(TeamPersonForm):
    display_name = forms.CharField(label="Name", max_length=120, required=False)
    send_email = forms.BooleanField(
        label="Send the link by e-mail",
        required=False,
        initial=True,
        help_text="You see the link once either way, to hand it over yourself.",
    )


class RoleForm(VersionForm):
    role = forms.ChoiceField(label="Role")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = role_choices(team)


class MembershipEndForm(VersionForm):
    last_day = _day_field("Last day in the team", "Yesterday or earlier: out at once.")


def _team_label(obj: Any) -> str:
    return f"{obj.product.name}: {obj.name}"


class OrganisationInviteForm(forms.Form):
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    display_name = forms.CharField(label="Name", max_length=120, required=False)
    team = forms.ModelChoiceField(
        label="Team", queryset=Team.objects.none(), required=False, empty_label="No team"
    )
    role = forms.ChoiceField(
        label="Role in the team", choices=Membership.Role, initial=Membership.Role.MEMBER, required=False
    )
    organisation_role = forms.ChoiceField(
        label="Organisation-wide role",
        choices=[("", "No organisation-wide role"), *Invitation.OrganisationRole.choices[1:]],
        required=False,
    )
    send_email = InviteForm.base_fields["send_email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            Team.objects.active()
            .filter(product__archived_at=None)
            .select_related("product")
            .order_by("product__name", "kind", "name")
        )
        field.label_from_instance = _team_label  # type: ignore[method-assign]

    def clean_role(self) -> str:
        return self.cleaned_data["role"] or Membership.Role.MEMBER


class JoinForm(forms.Form):
    """Name and password of somebody who accepts an invitation without having an account."""

    display_name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters. A few unrelated words are good.",
    )


class ActivityForm(forms.Form):
    """Filters of the audit trail; everything is optional."""

    q = forms.CharField(label="Contains", required=False, max_length=100)
    actor = forms.ModelChoiceField(
        label="Who", queryset=User.objects.all(), required=False, empty_label="Anybody"
    )
    product = forms.ModelChoiceField(
        label="Product", queryset=Product.objects.all(), required=False, empty_label="Any product"
    )
    kind = forms.ChoiceField(label="What", required=False)
    since = _day_field("From", "", required=False)
    until = _day_field("Until", "", required=False)

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Anything"), *((kind, kind_words(kind)) for kind in kinds)]


def kind_words(kind: str) -> str:
    """ "strategy.goalversion" → "Goal version": the model's own name."""
    from django.apps import apps

    try:
        return str(apps.get_model(kind)._meta.verbose_name).capitalize()
    except (LookupError, ValueError):
        return kind
