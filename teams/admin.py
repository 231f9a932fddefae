"""The Django admin of organisation, products, teams and people: for looking and for repairs.

What has consequences (ending a membership, deactivating a person, renaming) is done on the pages, whose services
check and record it; here those fields are shown and not edited. Tokens and invitations never show their digests.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin
from common.errors import ApplicationError
from teams.models import ApiToken, Invitation, Membership, Organisation, Product, Team, User
from teams.permissions import person_of
from teams.services.invitations import invitation_revoke
from teams.services.people import person_deactivate, person_reactivate
from teams.services.tokens import token_revoke


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = ["name", "time_zone", "country", "fiscal_year_start", "streak_policy", "streak_to_contest"]


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ["display_name", "email", "is_active", "is_superuser", "is_leader", "last_login"]
    list_filter = ["is_active", "is_superuser", "is_leader", "is_sample"]
    search_fields = ["display_name", "email"]
    exclude = ["password", "groups", "user_permissions"]
    actions = ["deactivate", "reactivate"]

    @admin.action(description="Deactivate: end sessions and tokens")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            try:
                person_deactivate(actor=person_of(request), person=person, now=timezone.now())
            except ApplicationError as error:
                self.message_user(request, f"{person}: {error.message}", messages.ERROR)

    @admin.action(description="Reactivate")
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            try:
                person_reactivate(actor=person_of(request), person=person)
            except ApplicationError as error:
                self.message_user(request, f"{person}: {error.message}", messages.ERROR)


class MembershipInline(admin.TabularInline):
    model = Membership
    fields = ["user", "role", "start_date", "end_date"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ["name", "slug", "archived_at", "is_sample", "created_at"]
    list_filter = [("archived_at", admin.EmptyFieldListFilter), "is_sample"]
    search_fields = ["name", "slug", "description"]


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "product", "archived_at"]
    list_filter = ["kind", "product", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["product"]
    search_fields = ["name", "slug", "product__name"]
    inlines = [MembershipInline]


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["user", "team", "role", "start_date", "end_date"]
    list_filter = ["role", "team__product", ("end_date", admin.EmptyFieldListFilter)]
    list_select_related = ["user", "team"]
    search_fields = ["user__display_name", "user__email", "team__name"]
    date_hierarchy = "start_date"


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = [
        "email",
        "team",
        "role",
        "organisation_role",
        "state",
        "invited_by",
        "created_at",
        "expires_at",
    ]
    list_filter = ["role", "organisation_role", ("accepted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["team", "invited_by"]
    search_fields = ["email", "display_name", "team__name"]
    exclude = ["digest"]
    actions = ["take_back"]

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> str:
        return invitation.state_at(timezone.now())

    @admin.action(description="Take back")
    def take_back(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        for invitation in queryset:
            try:
                invitation_revoke(actor=person_of(request), invitation=invitation, now=timezone.now())
            except ApplicationError as error:
                self.message_user(request, f"{invitation}: {error.message}", messages.ERROR)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ["name", "user", "scopes", "created", "expiry", "last_used_at"]
    list_filter = [("expiry", admin.EmptyFieldListFilter)]
    list_display_links = None  # the key of a token is its digest, which stays out of addresses
    list_select_related = ["user"]
    search_fields = ["name", "user__email", "user__display_name"]
    exclude = ["digest", "token_key"]
    actions = ["revoke"]

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            token_revoke(actor=person_of(request), token=token)
