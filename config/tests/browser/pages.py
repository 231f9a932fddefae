"""Every page of the product as somebody meets it in the sample organisation: its address, and who looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.urls import reverse

PRODUCT = "fieldnote-sample"
Kwargs = Mapping[str, object]


@dataclass(frozen=True)
class Place:
    """One address. `who` is a sample person's key, or empty for nobody; `find` gives what the address needs."""

    route: str
    who: str = "product-manager"
    find: Callable[[], Kwargs] = dict
    query: str = ""
    note: str = ""
    status: int = 200

    @property
    def id(self) -> str:
        """The name in the test's report."""
        return " ".join(part for part in (self.route, self.note) if part)

    def address(self) -> str:
        """The path with its query."""
        return reverse(self.route, kwargs=dict(self.find())) + self.query


def product() -> Kwargs:
    return {"product": PRODUCT}


def empty() -> Kwargs:
    return {"product": "empty"}


def goal() -> Kwargs:
    return {"product": PRODUCT, "goal": "more-trials-become-customers"}


def changed_goal() -> Kwargs:
    """A goal that a contest has given its second version."""
    return {"product": PRODUCT, "goal": "customers-get-paid-online"}


def contested_goal() -> Kwargs:
    return {"product": PRODUCT, "goal": "win-larger-trade-businesses"}


def mapping() -> Kwargs:
    from strategy.models import Mapping as Belief

    return {
        "product": PRODUCT,
        "mapping": Belief.objects.filter(goal__slug="more-trials-become-customers").earliest("pk").pk,
    }


def mapping_with(verdict: str, reason: str = "") -> Callable[[], Kwargs]:
    """The first belief of that stated verdict."""

    def find() -> Kwargs:
        from strategy.models import Mapping as Belief

        stated = Belief.objects.filter(stated_verdict__verdict=verdict, stated_verdict__reason=reason)
        return {"product": PRODUCT, "mapping": stated.earliest("pk").pk}

    return find


def doubted_mapping() -> Kwargs:
    """A belief that people speak against and that is due for a review."""
    from strategy.models import Mapping as Belief

    return {"product": PRODUCT, "mapping": Belief.objects.get(metric__key="multi-crew-boards").pk}


def explanation() -> Kwargs:
    """Another explanation of the sample."""
    from strategy.models import Explanation

    one = Explanation.objects.earliest("pk")
    return {"product": PRODUCT, "mapping": one.mapping_id, "explanation": one.pk}


def insight() -> Kwargs:
    """An insight of the sample."""
    from strategy.models import Insight

    return {"product": PRODUCT, "insight": Insight.objects.earliest("pk").pk}


def metric() -> Kwargs:
    return {"product": PRODUCT, "key": "first-job-7d"}


def ratio() -> Kwargs:
    return {"product": PRODUCT, "key": "invoiced-in-24h"}


def team() -> Kwargs:
    return {"product": PRODUCT, "team": "onboarding"}


def product_team() -> Kwargs:
    return {"product": PRODUCT, "team": "product-team"}


def event() -> Kwargs:
    """An event of the sample."""
    from metrics.models import Event

    return {"product": PRODUCT, "event": Event.objects.earliest("starts_on").pk}


def target() -> Kwargs:
    from metrics.models import Target

    return {**team(), "target": Target.objects.filter(team__slug="onboarding").latest("quarter_start").pk}


def figures() -> Kwargs:
    """An import that is in."""
    from metrics.models import ImportRun

    return {"product": PRODUCT, "run": ImportRun.objects.filter(state="done").latest("pk").pk}


def board() -> Kwargs:
    from roadmap.models import Board

    return {"product": PRODUCT, "board": Board.objects.earliest("pk").pk}


def connection() -> Kwargs:
    from roadmap.models import Connection

    return {"product": PRODUCT, "connection": Connection.objects.get().pk}


def card() -> Kwargs:
    from roadmap.models import Card

    return {
        "product": PRODUCT,
        "card": Card.objects.annotate(moved=Count("moves")).order_by("-moved", "pk")[0].pk,
    }


def earlier_week() -> Kwargs:
    from roadmap.models import Edition

    return {"product": PRODUCT, "week": Edition.objects.order_by("iso_year", "iso_week")[2].week}


def open_contest() -> Kwargs:
    from contest.models import Contest

    return {"product": PRODUCT, "contest_id": Contest.objects.open().get().pk}


def decided_contest() -> Kwargs:
    from contest.models import Contest

    return {"product": PRODUCT, "contest_id": Contest.objects.get(phase="decided").pk}


def proposal(kind: str) -> Callable[[], Kwargs]:
    def find() -> Kwargs:
        from contest.models import Contest, Proposal

        found = Proposal.objects.get(contest__in=Contest.objects.open(), kind=kind)
        return {"product": PRODUCT, "contest_id": found.contest_id, "proposal_id": found.pk}

    return find


def person(key: str) -> Callable[[], Kwargs]:
    def find() -> Kwargs:
        return {"person": user(key).pk}

    return find


def membership() -> Kwargs:
    from teams.models import Membership

    return {**team(), "membership": Membership.objects.filter(team__slug="onboarding").earliest("pk").pk}


def tool() -> Kwargs:
    return {"product": PRODUCT, "kind": "kanboard"}


def files() -> Kwargs:
    return {"product": PRODUCT, "kind": "upload"}


def user(key: str) -> Any:
    """A person of the sample."""
    from teams.models import User

    return User.objects.get(email=f"{key}@sample.invalid")


ADMIN, NOBODY, VIEWER, MEMBER = "admin", "", "support-analyst", "onboarding-lead"

PLACES = [
    Place("overview", find=product),
    Place("overview", VIEWER, product, note="as a viewer"),
    Place("product-changes", find=product),
    Place("strategy:goal-list", find=product),
    Place("strategy:goal-new", find=product),
    Place("strategy:goal-detail", find=goal),
    Place("strategy:goal-detail", find=changed_goal, note="changed by a contest"),
    Place("strategy:goal-detail", find=contested_goal, note="in a contest"),
    Place("strategy:goal-detail", VIEWER, goal, note="as a viewer"),
    Place("strategy:goal-edit", find=goal),
    Place("strategy:goal-retire", find=goal),
    Place("strategy:goal-address", find=goal),
    Place("strategy:goal-history", find=goal),
    Place("strategy:goal-version", find=lambda: {**changed_goal(), "number": 2}),
    Place("strategy:mapping-new", find=goal),
    Place("strategy:evidence-list", find=product),
    Place("strategy:track-record", find=product),
    Place("strategy:track-record", find=empty, note="empty"),
    Place("strategy:mapping-detail", find=mapping, note="supported"),
    Place("strategy:mapping-detail", find=doubted_mapping, note="opposite"),
    Place("strategy:mapping-detail", find=mapping_with("inconclusive"), note="inconclusive"),
    Place("strategy:mapping-detail", find=mapping_with("contradicted", "too_small"), note="too small"),
    Place("strategy:mapping-edit", find=mapping),
    Place("strategy:mapping-retire", find=mapping),
    Place("strategy:mapping-review", find=doubted_mapping),
    Place("strategy:explanation-new", MEMBER, mapping),
    Place("strategy:explanation-edit", find=explanation),
    Place("strategy:insight-list", find=product),
    Place("strategy:insight-list", VIEWER, product, note="as a viewer"),
    Place("strategy:insight-list", find=product, query="?q=nothing-like-this", note="nothing found"),
    Place("strategy:insight-list", find=product, query="?show=removed", note="removed"),
    Place("strategy:insight-new", MEMBER, product),
    Place("strategy:insight-detail", find=insight),
    Place("strategy:insight-edit", find=insight),
    Place("strategy:metric-goals", find=metric),
    Place("metrics:metric-list", find=product),
    Place("metrics:metric-list", find=product, query="?q=nothing-like-this", note="nothing found"),
    Place("metrics:metric-new", find=product),
    Place("metrics:metric-detail", find=metric),
    Place("metrics:metric-detail", find=ratio, note="a ratio"),
    Place("metrics:metric-edit", find=metric),
    Place("metrics:metric-edit", find=ratio, note="a ratio"),
    Place("metrics:import-list", find=product),
    Place("metrics:import-new", find=product),
    Place("metrics:import-detail", find=figures),
    Place("metrics:event-list", find=product),
    Place("metrics:event-list", VIEWER, product, note="as a viewer"),
    Place("metrics:event-list", find=product, query="?show=removed", note="removed"),
    Place("metrics:event-list", find=product, query="?q=nothing-like-this", note="nothing found"),
    Place("metrics:event-new", MEMBER, product),
    Place("metrics:event-edit", find=event),
    Place("metrics:target-list", find=team),
    Place("metrics:target-list", MEMBER, team, note="as a member"),
    Place("metrics:target-new", find=team),
    Place("metrics:target-edit", find=target),
    Place("teams:team-list", find=product),
    Place("teams:team-new", find=product),
    Place("teams:team-edit", find=team),
    Place("teams:team-people", find=team),
    Place("teams:member-add", find=team),
    Place("teams:member-invite", find=team),
    Place("teams:member-role", find=membership),
    Place("teams:member-end", find=membership),
    Place("teams:product-edit", find=product),
    Place("teams:product-list"),
    Place("roadmap:team-detail", find=team),
    Place("roadmap:team-detail", find=product_team, note="Product Team"),
    Place("roadmap:roadmap", find=product),
    Place("roadmap:roadmap", find=product, query="?team=onboarding", note="of one team"),
    Place("roadmap:edition-detail", find=earlier_week),
    Place("roadmap:goal-work", find=goal),
    Place("roadmap:product-flow", find=product),
    Place("roadmap:product-flow", find=product, query="?team=onboarding&weeks=52", note="of one team"),
    Place("roadmap:team-flow", find=team),
    Place("roadmap:team-flow", find=product_team, note="Product Team"),
    Place("roadmap:board-list", find=product),
    Place("roadmap:board-new", find=product),
    Place("roadmap:connection-new", find=tool),
    Place("roadmap:connection-new", find=files, note="files"),
    Place("roadmap:connection-edit", find=connection),
    Place("roadmap:connection-boards", find=connection),
    Place("roadmap:board-detail", find=board),
    Place("roadmap:board-columns", find=board),
    Place("roadmap:board-upload", find=board),
    Place("roadmap:board-archive", find=board),
    Place("roadmap:card-detail", find=card),
    Place("roadmap:card-edit", find=card),
    Place("contest:contest-list", find=product),
    Place("contest:contest-detail", find=open_contest),
    Place("contest:contest-detail", VIEWER, open_contest, note="as a viewer"),
    Place("contest:contest-detail", find=decided_contest, note="decided"),
    Place("contest:contest-evidence", find=open_contest),
    Place("contest:contest-delay", find=open_contest),
    Place("contest:contest-close", find=open_contest),
    Place("contest:contest-cancel", ADMIN, open_contest),
    Place("contest:proposal-new", find=open_contest),
    *(
        Place("contest:proposal-new", find=open_contest, query=f"?kind={kind}", note=kind)
        for kind in ("revise_target", "change_mappings", "replace_goal", "retire_goal")
    ),
    Place("contest:proposal-detail", find=proposal("revise_target"), note="revise_target"),
    Place("contest:proposal-detail", find=proposal("change_mappings"), note="change_mappings"),
    Place("contest:proposal-edit", "design-lead", proposal("revise_target"), note="revise_target"),
    Place("contest:proposal-edit", "dispatch-lead", proposal("change_mappings"), note="change_mappings"),
    Place("contest:goal-panel", find=contested_goal),
    Place("teams:settings", ADMIN),
    Place("teams:settings-fiscal-year", ADMIN),
    Place("teams:activity", ADMIN),
    Place("teams:people-list", ADMIN),
    Place("teams:people-invite", ADMIN),
    Place("teams:person-detail", ADMIN, person("dispatch-lead")),
    Place("teams:product-list", ADMIN, note="as an admin"),
    Place("teams:product-new", ADMIN),
    Place("job-list", ADMIN),
    Place("job-detail", ADMIN, lambda: {"kind": "housekeeping"}),
    Place("sample", ADMIN),
    Place("components", ADMIN),
    Place("home", ADMIN),
    Place("teams:me"),
    Place("teams:me-email"),
    Place("teams:token-list"),
    Place("account_change_password"),
    Place("account_logout"),
    Place("api-docs"),
    Place("api-docs", query="?q=goals:write", note="filtered"),
    Place("api-docs", query="?q=nothing-like-it", note="nothing found"),
    Place("api-docs", NOBODY, query="?q=targets", note="logged out"),
    Place("account_login", NOBODY),
    Place("account_signup", NOBODY),
    Place("account_inactive", NOBODY),
    Place("account_reset_password", NOBODY),
    Place("account_reset_password_done", NOBODY),
    Place("account_reset_password_from_key", NOBODY, lambda: {"uidb36": "1", "key": "no-such-key"}),
    Place("account_reset_password_from_key_done", NOBODY),
    Place("teams:invitation-accept", NOBODY, lambda: {"token": "no-such-token"}, status=410),
    # what a product shows before there is anything in it
    Place("overview", find=empty, note="empty"),
    Place("product-start", find=empty, note="empty"),
    Place("strategy:goal-list", find=empty, note="empty"),
    Place("strategy:goal-new", find=empty, note="empty"),
    Place("strategy:evidence-list", find=empty, note="empty"),
    Place("strategy:insight-list", find=empty, note="empty"),
    Place("strategy:insight-new", find=empty, note="empty"),
    Place("metrics:metric-list", find=empty, note="empty"),
    Place("metrics:metric-new", find=empty, note="empty"),
    Place("metrics:event-list", find=empty, note="empty"),
    Place("metrics:import-list", find=empty, note="empty"),
    Place("metrics:import-new", find=empty, note="empty"),
    Place("teams:team-list", find=empty, note="empty"),
    Place("roadmap:roadmap", find=empty, note="empty"),
    Place("roadmap:product-flow", find=empty, note="empty"),
    Place("roadmap:board-list", find=empty, note="empty"),
    Place("roadmap:board-new", find=empty, note="empty"),
    Place("contest:contest-list", find=empty, note="empty"),
    # what cannot be seen
    Place("teams:settings", status=403, note="for admins only"),
    Place("strategy:goal-edit", VIEWER, goal, status=403, note="for a viewer"),
    Place("strategy:goal-detail", find=lambda: {"product": PRODUCT, "goal": "gone"}, status=404, note="gone"),
    Place("overview", find=lambda: {"product": "elsewhere"}, status=404, note="another's"),
]
