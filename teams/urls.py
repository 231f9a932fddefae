"""Addresses of people, products and teams."""

from __future__ import annotations

from django.urls import path

from teams.views import invitations, me, members, people, products, settings, teams

app_name = "teams"
TEAM = "p/<slug:product>/teams/<slug:team>/"

urlpatterns = [
    path("me/", me.me, name="me"),
    path("me/email/", me.me_email, name="me-email"),
    path("me/theme/", me.me_theme, name="me-theme"),
    path("me/tokens/", me.tokens, name="token-list"),
    path("me/tokens/<str:key>/revoke/", me.token_revoke_now, name="token-revoke"),
    path("invite/<str:token>/", invitations.invitation_page, name="invitation-accept"),
    path("settings/", settings.organisation_settings, name="settings"),
    path("settings/fiscal-year/", settings.fiscal_year, name="settings-fiscal-year"),
    path("settings/activity/", settings.activity, name="activity"),
    path("settings/people/", people.people, name="people-list"),
    path("settings/people/invite/", people.people_invite, name="people-invite"),
    path(
        "settings/people/invitations/<int:invitation>/revoke/",
        people.people_invitation_revoke,
        name="people-invitation-revoke",
    ),
    path("settings/people/<int:person>/", people.person_detail, name="person-detail"),
    path("settings/people/<int:person>/<slug:action>/", people.person_change, name="person-change"),
    path("products/", products.products, name="product-list"),
    path("products/new/", products.product_new, name="product-new"),
    path("p/<slug:product>/edit/", products.product_edit, name="product-edit"),
    path("p/<slug:product>/archive/", products.product_put_away, name="product-archive"),
    path("p/<slug:product>/bring-back/", products.product_bring_back, name="product-restore"),
    path("p/<slug:product>/teams/", teams.teams, name="team-list"),
    path("p/<slug:product>/teams/new/", teams.team_new, name="team-new"),
    path(TEAM + "edit/", teams.team_edit, name="team-edit"),
    path(TEAM + "archive/", teams.team_put_away, name="team-archive"),
    path(TEAM + "bring-back/", teams.team_bring_back, name="team-restore"),
    path(TEAM + "people/", members.team_people_page, name="team-people"),
    path(TEAM + "people/add/", members.member_add, name="member-add"),
    path(TEAM + "people/invite/", members.member_invite, name="member-invite"),
    path(TEAM + "people/<int:membership>/role/", members.member_role, name="member-role"),
    path(TEAM + "people/<int:membership>/end/", members.member_end, name="member-end"),
    path(
        TEAM + "people/invitations/<int:invitation>/revoke/",
        members.member_invitation_revoke,
        name="member-invitation-revoke",
    ),
]
