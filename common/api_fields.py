"""Fields of serializers that name other rows."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers


class VisibleNames(serializers.Serializer[Any]):
    """Rows can be named only when the caller sees them; others do not exist for them.

    `visible` says for the fields that name rows which model they name; its manager has `visible_to`. The fields
    themselves start from none.
    """

    visible: ClassVar[dict[str, Any]] = {}

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            for name, model in self.visible.items():
                field: Any = fields[name]
                related = getattr(field, "child_relation", field)  # a field of many has one for each of them
                related.queryset = model.objects.visible_to(request.user)
        return fields
