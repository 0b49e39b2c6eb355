"""Who may only look can open every page there is."""

import pytest
from django.contrib.auth.models import Group, User

from routing.models import Rule
from tests.browser import scene

pytestmark = pytest.mark.django_db

LISTS = ("source", "project", "target", "rule", "severitymapping", "silence", "inbound", "thread", "delivery")


@pytest.fixture
def viewer(client):
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", LISTS)
def test_a_viewer_opens_every_list(viewer, name):
    scene.make()
    assert viewer.get(f"/admin/routing/{name}/").status_code == 200


@pytest.mark.parametrize(
    "name", ["source", "project", "bot", "flashduty", "rule", "silence", "inbound", "delivery", "thread"]
)
def test_a_viewer_opens_the_page_of_one_thing(viewer, name):
    found = getattr(scene.make(), name)
    assert viewer.get(f"/admin/routing/{found._meta.model_name}/{found.pk}/change/").status_code == 200


@pytest.mark.django_db
def test_a_rule_that_cannot_work_is_shown_red_in_the_list_and_on_the_dashboard(admin_client) -> None:
    Rule.objects.create(name="broken", when=[{"field": "title", "op": "matches", "value": "("}])
    for path in ("routing/rule/", ""):
        page = admin_client.get(f"/admin/{path}").content.decode()
        assert 'class="state dead"' in page, path
        assert "not a regular expression" in page or "正则" in page, path
