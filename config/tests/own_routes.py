"""The addresses of the top layer, and of the apps that are not ours."""

from __future__ import annotations

from common.models import OutboxMessage
from config.tests.routes import ADMIN, OWN, PRODUCT_PAGE, PUBLIC, Expect, Route, World, product


def _message(world: World) -> dict[str, object]:
    message, _made = OutboxMessage.objects.get_or_create(
        dedupe_key="one", defaults={"kind": "email", "payload": {}, "state": "dead", "due_at": world.now}
    )
    return {"message_id": message.pk}


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
    "favicon": Route(PUBLIC),
    "home": Route(OWN),
    "job-list": Route(ADMIN),
    "job-detail": Route(ADMIN, lambda world: {"kind": "housekeeping"}),
    "job-run": Route(ADMIN, lambda world: {"kind": "housekeeping"}, method="post"),
    "job-message-send": Route(ADMIN, _message, method="post"),
    "overview": Route(PRODUCT_PAGE, product),
    "product-changes": Route(PRODUCT_PAGE, product),
    "product-start": Route(PRODUCT_PAGE, product),
    "sample": Route(ADMIN),
    "sample-remove": Route(ADMIN, method="post"),
    "sample-create": Route(ADMIN, method="post"),
}
