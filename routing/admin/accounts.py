"""People and their groups: the stock admin, with lists to choose from that everybody can use."""

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from routing.admin.forms.moments import LABELLED_MOMENTS

admin.site.unregister([Group, User])


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Groups; the stock pair of lists has fields without a name for those who cannot see them."""

    filter_horizontal: ClassVar[tuple[str, ...]] = ()


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People; the same holds for the lists of their groups and permissions, and for the stock inputs of moments."""

    formfield_overrides = LABELLED_MOMENTS
    filter_horizontal: ClassVar[tuple[str, ...]] = ()
