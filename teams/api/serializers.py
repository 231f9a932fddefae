"""What the API shows and takes of products, teams and memberships."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from common.api_fields import VisibleNames
from teams.models import Membership, Product, Team


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product; `slug` is its address and follows the name, and the old address redirects on pages."""

    class Meta:
        model = Product
        fields = ["id", "slug", "name", "description", "archived_at", "created_at", "updated_at", "version"]
        read_only_fields = ["slug", "archived_at", "created_at", "updated_at", "version"]
        extra_kwargs: ClassVar[dict[str, Any]] = {"name": {"validators": []}}


class TeamSerializer(VisibleNames, serializers.ModelSerializer[Team]):
    """A team of a product; `product` is the product's slug and cannot be changed later."""

    visible: ClassVar[dict[str, Any]] = {"product": Product}

    product = serializers.SlugRelatedField[Product](slug_field="slug", queryset=Product.objects.none())

    class Meta:
        model = Team
        fields = [
            "id", "product", "kind", "slug", "name", "purpose", "archived_at", "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = ["kind", "slug", "archived_at", "created_at", "updated_at", "version"]

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        if self.instance is not None and not isinstance(self.instance, list):
            fields["product"].read_only = True
        return fields


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """Who is in which team. `end_date` is the first day without the role, null while it runs on."""

    person = serializers.CharField(source="user.display_name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    product = serializers.SlugField(source="team.product.slug", read_only=True)
    team = serializers.SlugField(source="team.slug", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "person", "email", "product", "team", "role", "start_date", "end_date"]
        read_only_fields = fields
