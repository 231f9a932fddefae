"""What the OpenAPI document says of every operation: the error body, the headers of optimistic locking, tokens."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from drf_standardized_errors.openapi import AutoSchema as StandardAutoSchema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS


class ErrorItemSerializer(serializers.Serializer[Any]):
    """One thing that is wrong; `attr` names the field, or is null."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorBodySerializer(serializers.Serializer[Any]):
    """The body of every answer from 400 on. `type`: validation_error, client_error or server_error."""

    type = serializers.CharField()
    errors = ErrorItemSerializer(many=True)  # type: ignore[assignment]  # a field that is named as the base's property


class AutoSchema(StandardAutoSchema):
    """Adds `If-Match` and 412 where an object is changed, and the scope that a token needs."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None and (area := getattr(self.view, "required_scope", "")):
            operation["x-required-scope"] = f"{area}:{'read' if self.method in SAFE_METHODS else 'write'}"
        return operation

    def _changes_one_object(self) -> bool:
        changes = self.method in {"PUT", "PATCH", "DELETE"} or (
            self.method == "POST" and getattr(self.view, "detail", False)
        )
        return changes and getattr(self.view, "uses_etag", False)

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = list(super().get_override_parameters())
        if self._changes_one_object():
            parameters.append(
                OpenApiParameter(
                    "If-Match",
                    str,
                    OpenApiParameter.HEADER,
                    description="The ETag of the version that your change is based on; 412 when it is no longer "
                    "the newest.",
                )
            )
        return parameters

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        if status_code == "412":
            return self._changes_one_object()
        return bool(super()._should_add_error_response(responses, status_code))


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the base's registry
    """`Authorization: Token …` in the document."""

    target_class = "teams.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002 - the base's name
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "A token made at /me/tokens/, as `Token <token>`.",
        }
