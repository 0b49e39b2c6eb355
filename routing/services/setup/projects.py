"""What webhooks teach about projects: their slugs, ids and names."""

from collections.abc import Callable, Iterable
from functools import partial

import structlog
from django.db import IntegrityError, transaction

from integrations.contract import ProjectHint
from routing.models import Project
from routing.selectors.snapshot import Snapshot, SourceEntry
from routing.services.storing.writing import Job, post

MAX_REMEMBERED = 10_000

_tried: set[tuple[int, int, ProjectHint]] = set()
"""What was tried under which configuration, so that what cannot be learned is not tried with every webhook."""
log = structlog.get_logger(__name__)


def learn(
    source: SourceEntry, hints: Iterable[ProjectHint], snapshot: Snapshot, carry_out: Callable[[Job], None] = post
) -> None:
    """Note projects that the configuration does not know yet, each in a transaction of its own; never raises."""
    for hint in hints:
        attempt = (snapshot.number, source.id, hint)
        if snapshot.knows(source.id, hint) or attempt in _tried:
            continue
        if len(_tried) >= MAX_REMEMBERED:
            _tried.clear()
        _tried.add(attempt)
        carry_out(partial(note, source.id, hint))


def forget() -> None:
    """Try everything again; for tests."""
    _tried.clear()


def note(source_id: int, hint: ProjectHint) -> None:
    """Store one project, or what is new about it. A new slug for a known id is a rename; a contradiction is left alone."""
    try:
        with transaction.atomic():
            _note(source_id, hint)
    except IntegrityError:
        log.info("a project could not be learned", source_id=source_id, slug=hint.slug, sentry_id=hint.sentry_id)


def _note(source_id: int, hint: ProjectHint) -> None:
    slug = (hint.slug or "")[:200]
    projects = Project.objects.select_for_update().filter(source_id=source_id)
    by_slug = projects.filter(slug=slug).first()
    by_id = projects.filter(sentry_id=hint.sentry_id).first() if hint.sentry_id is not None else None
    project = by_id or by_slug
    if project is None:
        project = Project(source_id=source_id, slug=slug, is_learned=True)
    elif by_id is not None and by_slug is not None and by_id.pk != by_slug.pk:
        if not _is_a_mere_echo(by_slug):
            return
        by_slug.delete()
    elif by_id is None and hint.sentry_id is not None and project.sentry_id not in (None, hint.sentry_id):
        return  # another project has taken over the slug: that is for a person to sort out
    project.slug = slug
    project.sentry_id = hint.sentry_id if hint.sentry_id is not None else project.sentry_id
    project.title = project.title or hint.name[:200]
    project.save()


def _is_a_mere_echo(project: Project) -> bool:
    """True for a project that was learned from a slug alone, and that nobody has set up."""
    return project.is_learned and project.sentry_id is None and not project.default_targets.exists()
