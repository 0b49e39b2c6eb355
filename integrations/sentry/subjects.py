"""What an event or issue belongs to: project, organisation, issue, and the page of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.sentry import links
from integrations.sentry.parsing import Tree
from integrations.sentry.values import SLUG, identifier, mapping, number, optional


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """None for whatever the payload does not tell."""

    project_slug: str | None
    project_id: int | None
    project_name: str | None
    organization: str | None
    issue_id: str | None
    page: str | None
    """Where a person continues."""

    @property
    def project_slugs(self) -> tuple[str, ...]:
        """The one project as a list."""
        return (self.project_slug,) if self.project_slug else ()


def subject_of(holder: Tree, document: Tree, issue_id_key: str, address_keys: Sequence[str]) -> Subject:
    """Read an event or issue; its addresses fill in what its fields leave out."""
    addresses = [holder.get(key) for key in address_keys]
    place = links.place(*addresses)
    organization = place.organization or organization_of(document)
    issue_id = identifier(holder.get(issue_id_key)) or place.issue_id
    slug, project_id, project_name = project_of(holder, place.project)
    pages = (holder.get(key) for key in ("web_url", "webUrl", "permalink"))
    return Subject(
        project_slug=slug,
        project_id=project_id,
        project_name=project_name,
        organization=organization,
        issue_id=issue_id,
        page=links.page(*pages) or links.issue_page(*addresses, organization=organization, issue_id=issue_id),
    )


def project_of(holder: Tree, slug_in_url: str | None) -> tuple[str | None, int | None, str | None]:
    """(slug, id, name) of the project that an event or issue belongs to.

    An event's `project` is the number, an issue's an object with the number as text, the WebHooks payload's the slug.
    """
    project = holder.get("project")
    described = mapping(project)
    project_id = number(project) or number(described.get("id")) or number(holder.get("project_id"))
    slug = (
        optional(described.get("slug"), SLUG)
        or slug_in_url
        or optional(holder.get("project_slug"), SLUG)
        or optional(project, SLUG)
    )
    if slug is not None and slug == str(project_id):  # an address by number names no slug
        slug = None
    return slug, project_id, optional(described.get("name")) or optional(holder.get("project_name"))


def organization_of(document: Tree) -> str | None:
    """The organisation an installation names, where the version says so."""
    outer = mapping(mapping(document.get("installation")).get("organization"))
    inner = mapping(mapping(mapping(document.get("data")).get("installation")).get("organization"))
    return optional(outer.get("slug"), SLUG) or optional(inner.get("slug"), SLUG)
