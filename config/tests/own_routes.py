"""The addresses of the top layer, and of the apps that are not ours."""

from __future__ import annotations

from config.tests.routes import ADMIN, LOGIN, OK, OWN, PUBLIC, Expect, Route, World

SIGNED_OUT = Expect(OK, OK, OK, OK, OK)


def _job(world: World) -> dict[str, object]:
    return {"kind": "housekeeping"}


ROUTES = {
    "account_login": Route(PUBLIC),
    "account_logout": Route(PUBLIC),
    "account_inactive": Route(PUBLIC),
    "account_signup": Route(PUBLIC),
    "account_reauthenticate": Route(OWN),
    "account_change_password": Route(OWN),
    "account_set_password": Route(OWN),
    "account_reset_password": Route(PUBLIC),
    "account_reset_password_done": Route(PUBLIC),
    "account_reset_password_from_key": Route(PUBLIC, lambda world: {"uidb36": "1", "key": "no-such-key"}),
    "account_reset_password_from_key_done": Route(PUBLIC),
    "api-schema": Route(PUBLIC),
    "api-docs": Route(PUBLIC),
    "api-unknown": Route(Expect(404, 404, 404, 404, 404)),
    "components": Route(ADMIN),
    "home": Route(OWN),
}
_ = LOGIN
