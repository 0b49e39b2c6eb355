"""What webhooks teach about projects, and what they cannot."""

import pytest

from integrations.contract import ProjectHint
from routing.models import Project
from routing.selectors import configuration
from routing.services.setup import projects
from tests.routing.calls import make_source, make_target

pytestmark = pytest.mark.django_db


def learn(*hints: ProjectHint) -> set[tuple[str, int | None, str]]:
    """Learn some hints one by one for the source acme, and return what is known then."""
    for hint in hints:
        snapshot = configuration.current()
        source = snapshot.source("acme")
        assert source
        projects.learn(source, [hint], snapshot)
    return set(Project.objects.values_list("slug", "sentry_id", "title"))


@pytest.mark.parametrize(
    ("hints", "known"),
    [
        ([ProjectHint("web")], {("web", None, "")}),
        ([ProjectHint("web", 7, "Web shop")], {("web", 7, "Web shop")}),
        ([ProjectHint("web"), ProjectHint("web", 7)], {("web", 7, "")}),
        ([ProjectHint("web", 7), ProjectHint("web")], {("web", 7, "")}),
        ([ProjectHint("web", 7), ProjectHint("web", 7, "Web")], {("web", 7, "Web")}),
        ([ProjectHint("web", 7, "Web"), ProjectHint("web", 7, "Other")], {("web", 7, "Web")}),
        ([ProjectHint("web", 7), ProjectHint("shop", 7)], {("shop", 7, "")}),
        ([ProjectHint("web", 7), ProjectHint("shop"), ProjectHint("shop", 7)], {("shop", 7, "")}),
        ([ProjectHint("web", 7), ProjectHint("web", 8)], {("web", 7, "")}),
        ([ProjectHint("web", 7), ProjectHint("shop", 8), ProjectHint("web", 8)], {("web", 7, ""), ("shop", 8, "")}),
        ([ProjectHint(None, 7)], set()),
        ([ProjectHint("web", 2**62)], {("web", 2**62, "")}),
    ],
    ids=str,
)
def test_hints_add_up_and_never_contradict(hints, known):
    make_source()
    assert learn(*hints) == known


def test_a_renamed_project_keeps_what_operators_set_up():
    source = make_source()
    project = Project.objects.create(source=source, slug="web", sentry_id=7, title="Web shop")
    project.default_targets.add(make_target())
    learn(ProjectHint("shop", 7))
    project.refresh_from_db()
    assert (project.slug, project.title, project.default_targets.count()) == ("shop", "Web shop", 1)


def test_a_project_that_somebody_set_up_is_never_merged_away():
    source = make_source()
    Project.objects.create(source=source, slug="web", sentry_id=7)
    Project.objects.create(source=source, slug="shop", title="announced")
    assert learn(ProjectHint("shop", 7)) == {("web", 7, ""), ("shop", None, "announced")}


def test_what_is_known_costs_no_write():
    make_source()
    learn(ProjectHint("web", 7))
    before = configuration.stamp()
    learn(ProjectHint("web", 7))
    assert configuration.stamp() == before
