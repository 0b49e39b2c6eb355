"""Each page and button as each role: what is allowed works, the rest is refused, and opening a page changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from routing.selectors import configuration
from tests.routing.admin.matrix.addresses import address, page_of, path_of, registered
from tests.routing.admin.matrix.filling import filled
from tests.routing.admin.matrix.stage import digest, set_up, writes
from tests.routing.admin.matrix.table import (
    ACTIONS,
    ADMINISTRATOR,
    ANYBODY,
    BUTTONS,
    KINDS,
    NOBODY,
    PAGES,
    RANKS,
    ROLES,
)

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def demo(settings: Any, tmp_path: Path) -> None:
    """Its page is there while it is on."""
    settings.SANDBOX_SWITCH = tmp_path / "sandbox"
    settings.SANDBOX_SWITCH.write_text("127.0.0.1:1")


def client_of(role: str) -> Client:
    """Somebody of this role, who reads English."""
    client = Client(headers={"accept-language": "en"})
    if role != ANYBODY:
        user = User.objects.create_user(f"the-{role}", password="the-old-passw0rd", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
    return client


def may(role: str, lowest: str) -> bool:
    return RANKS[role] >= RANKS[lowest]


def is_refused(role: str, answer: Any, refusal: int = 403) -> bool:
    """Strangers are sent to the login, everybody else is told no."""
    return answer.status_code in ({302} if role == ANYBODY else {403, refusal})


@contextmanager
def undone() -> Iterator[list[str]]:
    """Take back whatever is done in the block; gives the tables that it writes to."""
    try:
        with transaction.atomic(), writes() as touched:
            yield touched
            transaction.set_rollback(True)
    finally:
        configuration.forget()


def test_every_page_has_an_entry_and_every_entry_a_page() -> None:
    missing = sorted(name for name in registered() if page_of(name) is None)
    assert missing == [], "say in table.py who may see these (PAGES), and what they do (BUTTONS)"
    assert sorted({*PAGES, *(button.page for button in BUTTONS)} - registered()) == []
    assert {model._meta.model_name for model in admin.site._registry} == set(KINDS)


def test_every_action_of_a_list_has_an_entry_and_every_entry_an_action() -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("boss")
    offered = {
        (model._meta.model_name, name)
        for model, model_admin in admin.site._registry.items()
        for name in model_admin.get_actions(request)
    }
    assert offered == set(ACTIONS)


def test_every_address_that_only_takes_a_post_has_a_button() -> None:
    pressed = {button.page for button in BUTTONS} | {"logout", "autocomplete", "view_on_site"}
    assert sorted(name for name, page in PAGES.items() if page.sees == NOBODY and name not in pressed) == []


@pytest.mark.parametrize("role", ROLES)
def test_opening_pages_shows_what_the_role_may_see_and_changes_nothing(role: str) -> None:
    stage, client = set_up(), client_of(role)
    wrong = []
    before = digest()
    for name in sorted(registered()):
        page = page_of(name)
        assert page is not None, name
        with writes() as touched:
            answer = client.get(address(name, stage))
            if answer.streaming:
                b"".join(answer.streaming_content)
        is_right = answer.status_code in page.status if may(role, page.sees) else is_refused(role, answer, page.refusal)
        if not is_right:
            wrong.append(f"{name}: {answer.status_code}")
        if touched:
            wrong.append(f"{name} writes to {touched}")
    assert wrong == [], "\n".join(wrong)
    assert digest() == before


@pytest.mark.parametrize("role", ROLES)
def test_buttons_do_what_the_role_may_do_and_nothing_else(role: str) -> None:
    stage, client, opener = set_up(), client_of(role), client_of(ADMINISTRATOR) if role != ADMINISTRATOR else None
    wrong = []
    for button in BUTTONS:
        path = path_of(button.page, button.args(stage)) + button.query
        data = button.data(stage)
        if button.fills:
            data = filled((opener or client).get(path).content.decode(), **data)
        with undone() as touched:
            answer = client.post(path, data)
        label = f"{path} {answer.status_code} {touched}"
        if not may(role, button.may):
            if touched or not is_refused(role, answer):
                wrong.append(f"not refused: {label}")
        elif answer.status_code not in button.status or bool(touched) != button.changes:
            wrong.append(f"does not work: {label}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_actions_of_lists_do_what_the_role_may_do_and_nothing_else(role: str) -> None:
    stage, client = set_up(), client_of(role)
    wrong = []
    for (model, name), action in ACTIONS.items():
        app = "auth" if model in {"user", "group"} else "routing"
        path = reverse(f"admin:{app}_{model}_changelist")
        data = {"action": name, "_selected_action": [stage.pk(model)], **action.data(stage)}
        with undone() as touched:
            answer = client.post(path, data)
        led = action.leads_to in f"{answer.headers.get('Location', '')} {answer.content.decode()}"
        label = f"{model} {name} {answer.status_code} {touched}"
        if not may(role, action.may):
            if touched or (action.leads_to and led):
                wrong.append(f"not refused: {label}")
        elif not led or bool(touched) == bool(action.leads_to):
            wrong.append(f"does not work: {label}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_a_post_to_a_page_without_a_button_changes_nothing(role: str) -> None:
    stage, client = set_up(), client_of(role)
    pressed = {button.page for button in BUTTONS} | {"login", "logout", "password_change"}
    wrong = []
    for name in sorted(registered() - pressed):
        with undone() as touched:
            answer = client.post(address(name, stage), {"post": "yes", "name": "another"})
            if answer.streaming:
                b"".join(answer.streaming_content)
        if touched:
            wrong.append(f"{name} {answer.status_code} writes to {touched}")
    assert wrong == [], "\n".join(wrong)
