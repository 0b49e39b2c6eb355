"""To be written."""

urlpatterns: list[object] = []
