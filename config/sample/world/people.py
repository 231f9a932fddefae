"""The sample's teams and the people in them."""

from __future__ import annotations

from dataclasses import dataclass

MAIL_DOMAIN = "sample.invalid"


@dataclass(frozen=True)
class SamplePerson:
    key: str
    name: str
    memberships: tuple[tuple[str, str], ...] = ()  # (team slug, role)
    is_leader: bool = False
    is_admin: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@{MAIL_DOMAIN}"


@dataclass(frozen=True)
class SampleTeam:
    slug: str
    name: str
    purpose: str


TEAMS = (
    SampleTeam(
        "onboarding", "Onboarding", "New accounts finish their first real job within a week of signing up."
    ),
    SampleTeam("dispatch", "Dispatch", "Offices plan every crew's week in one place."),
    SampleTeam("payments", "Payments", "A finished job is invoiced the same day and paid online."),
    SampleTeam("crew-app", "Crew app", "Crews have what they need on site, with or without a signal."),
)

PEOPLE = (
    SamplePerson("admin", "Sample admin", is_admin=True),
    SamplePerson("leader", "Managing director", is_leader=True),
    SamplePerson("product-manager", "Product manager", (("product-team", "product_manager"),)),
    SamplePerson("design-lead", "Design lead", (("product-team", "lead"),)),
    SamplePerson("research-lead", "Research lead", (("product-team", "lead"),)),
    SamplePerson("onboarding-lead", "Onboarding lead", (("onboarding", "member"),)),
    SamplePerson("onboarding-engineer", "Onboarding engineer", (("onboarding", "member"),)),
    SamplePerson("dispatch-lead", "Dispatch lead", (("dispatch", "member"),)),
    SamplePerson("dispatch-designer", "Dispatch designer", (("dispatch", "member"),)),
    SamplePerson("payments-lead", "Payments lead", (("payments", "member"),)),
    SamplePerson("crew-app-lead", "Crew app lead", (("crew-app", "member"),)),
    SamplePerson("support-analyst", "Support analyst", (("product-team", "viewer"),)),
)

# The logins that `manage.py up` prints, one a role.
LOGIN_ROLES = (
    ("Product manager", "product-manager"),
    ("Stream Team member", "onboarding-lead"),
    ("Viewer", "support-analyst"),
    ("Organisation leader", "leader"),
    ("Admin", "admin"),
)
