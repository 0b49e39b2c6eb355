"""Who may open which page, and press which button. A page or action without an entry here fails the tests.

Most pages follow from their model's kind (KINDS). What a model's admin adds goes into PAGES (what GET shows, by the
name of the URL) and, where it does something, into BUTTONS; an action of a list goes into ACTIONS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.routing.admin.matrix.stage import Stage
from tests.routing.calls import BOT, PUSH

ANYBODY, VIEWER, OPERATOR, ADMINISTRATOR, NOBODY = "anonymous", "viewer", "operator", "administrator", "nobody"
RANKS = {ANYBODY: 0, VIEWER: 1, OPERATOR: 2, ADMINISTRATOR: 3, NOBODY: 4}
ROLES = (ANYBODY, VIEWER, OPERATOR, ADMINISTRATOR)

TARGETS = ("target", "feishubot", "flashdutytarget")
CONFIGURED, LOGGED, GUARDED = "configured", "logged", "guarded"
KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("source", "project", "target", "feishubot", "flashdutytarget", "rule", "severitymapping", "silence"), CONFIGURED
    ),
    **dict.fromkeys(
        ("inbound", "delivery", "thread", "openthread", "attempt", "quarantinedcall", "rulesversion", "auditentry", "bulkjob", "trial"),
        LOGGED,
    ),
    **dict.fromkeys(("apitoken", "group", "user"), GUARDED),
}  # fmt: skip
"""Viewers see what is configured and operators change it; viewers see what is logged and nobody changes it;
administrators alone see and change what is guarded."""

STOCK: Mapping[str, Mapping[str, str]] = {
    CONFIGURED: {
        "changelist": VIEWER, "add": OPERATOR, "change": VIEWER, "delete": OPERATOR, "history": VIEWER,
        "simple_history": VIEWER,
    },
    LOGGED: {"changelist": VIEWER, "add": NOBODY, "change": VIEWER, "delete": NOBODY, "history": VIEWER, "table": VIEWER},
    GUARDED: dict.fromkeys(("changelist", "add", "change", "delete", "history"), ADMINISTRATOR),
}  # fmt: skip
"""Kind -> the stock pages of a model -> who sees them."""


@dataclass(frozen=True)
class Page:
    """A page of our own."""

    sees: str
    """The lowest role that gets it; NOBODY for an address that only takes POST."""
    args: Callable[[Stage], list[Any]] = lambda stage: []
    status: tuple[int, ...] = (200,)
    refusal: int = 403


@dataclass(frozen=True)
class Button:
    """What one POST does."""

    page: str
    may: str
    args: Callable[[Stage], list[Any]] = lambda stage: []
    data: Callable[[Stage], dict[str, Any]] = lambda stage: {}
    query: str = ""
    fills: bool = False
    """Whether the page's own form is filled in first, as a browser would."""
    changes: bool = True
    """False for one that only leads on, to where `leads_to` says."""
    leads_to: str = ""
    status: tuple[int, ...] = field(default=(200, 302))


def of(name: str) -> Callable[[Stage], list[Any]]:
    """The number of the stage's thing of this model."""
    return lambda stage: [stage.pk(name)]


def version_of(name: str) -> Callable[[Stage], list[Any]]:
    """The last version of the stage's thing of this model."""
    return lambda stage: [stage.pk(name), stage.versions[name]]


def bulk(act: str) -> Callable[[Stage], list[Any]]:
    """The plan of an act."""
    return lambda stage: [act]


PAGES: Mapping[str, Page] = {
    "index": Page(VIEWER),
    "login": Page(ANYBODY, status=(200, 302)),
    "logout": Page(NOBODY, refusal=405),
    "password_change": Page(VIEWER),
    "password_change_done": Page(VIEWER),
    "autocomplete": Page(NOBODY),
    "jsi18n": Page(VIEWER),
    "view_on_site": Page(NOBODY, lambda stage: [1, 1], refusal=404),
    "app_list": Page(VIEWER, lambda stage: ["routing"]),
    "auth_user_password_change": Page(ADMINISTRATOR, of("user")),
    "routing_delivery_resend": Page(NOBODY, of("delivery")),
    "routing_delivery_bulk": Page(OPERATOR, bulk("resend")),
    "routing_inbound_bulk": Page(OPERATOR, bulk("reprocess")),
    "routing_quarantinedcall_bulk": Page(OPERATOR, bulk("replay")),
    "routing_bulkjob_cancel": Page(NOBODY, of("bulkjob")),
    "routing_inbound_body": Page(OPERATOR, of("inbound")),
    "routing_inbound_reprocess": Page(NOBODY, of("inbound")),
    "routing_inbound_test": Page(VIEWER, of("inbound")),
    "routing_openthread_change": Page(VIEWER, of("openthread"), status=(302,)),
    "routing_openthread_close": Page(OPERATOR, status=(302,)),
    "routing_openthread_shift": Page(VIEWER, status=(302,)),
    "routing_trial_steps": Page(VIEWER, of("trial")),
    "routing_rule_move": Page(NOBODY, of("rule")),
    "routing_rule_test": Page(OPERATOR, of("rule")),
    "routing_rule_what_if": Page(VIEWER),
    "routing_rule_what_if_edited": Page(NOBODY, of("rule")),
    "routing_delivery_preview": Page(VIEWER, of("delivery")),
    "routing_inbound_preview": Page(VIEWER, of("inbound")),
    "routing_rule_preview": Page(NOBODY),
    "routing_rule_preview_edited": Page(NOBODY, of("rule")),
    **{f"routing_{name}_preview": Page(NOBODY) for name in TARGETS},
    **{f"routing_{name}_preview_edited": Page(NOBODY, of(name)) for name in TARGETS},
    "routing_silence_mute": Page(OPERATOR, lambda stage: [stage.mute_token()]),
    "routing_silence_what_if": Page(NOBODY),
    "routing_silence_what_if_edited": Page(NOBODY, of("silence")),
    "routing_source_test": Page(OPERATOR, of("source")),
    "routing_target_test": Page(OPERATOR, of("target")),
    "routing_feishubot_test": Page(OPERATOR, of("feishubot")),
    "routing_flashdutytarget_test": Page(OPERATOR, of("flashdutytarget")),
    **{f"routing_{name}_history": Page(VIEWER, of(name), status=(302,)) for name in ("feishubot", "flashdutytarget")},
    **{
        f"routing_{name}_simple_history": Page(VIEWER, version_of(name), status=(302,))
        for name in ("feishubot", "flashdutytarget")
    },
    "sandbox": Page(VIEWER),
    "key_leak": Page(ADMINISTRATOR),
    "key_leak_begin": Page(NOBODY, refusal=405),
    "key_leak_end": Page(NOBODY, refusal=405),
    "key_leak_hook_key": Page(NOBODY, of("source"), refusal=405),
    "key_leak_client_secret": Page(NOBODY, of("source"), refusal=405),
    "key_leak_token": Page(NOBODY, of("apitoken"), refusal=405),
    **{f"key_leak_finish_{kind}": Page(ADMINISTRATOR, of(kind)) for kind in ("client_secret", "hook_key", "user")},
    "key_leak_finish_token": Page(ADMINISTRATOR, of("apitoken")),
}
"""Name of the URL -> the page; one here goes before STOCK."""


def _form(model: str, page: str, may: str = OPERATOR, query: str = "", **data: Any) -> Button:
    """A stock form: opened, changed, saved."""
    args = {"add": lambda stage: [], "change": of(model)}[page]
    app = "auth" if model in {"user", "group"} else "routing"
    return Button(f"{app}_{model}_{page}", may, args, lambda stage: data, query=query, fills=True, status=(302,))


def _delete(model: str, may: str = OPERATOR) -> Button:
    app = "auth" if model in {"user", "group"} else "routing"
    spare = lambda stage: [(stage.spare.get(model) or stage.things[model]).pk]  # noqa: E731 - one of a row
    return Button(f"{app}_{model}_delete", may, spare, lambda stage: {"post": "yes"}, status=(302,))


def _revert(model: str) -> Button:
    return Button(f"routing_{model}_simple_history", OPERATOR, version_of(model), fills=True, status=(302,))


def _last(stage: Stage) -> dict[str, Any]:
    return {"last": 10**9}


LOUD = {"way": "only", "level": "error"}
BUTTONS: tuple[Button, ...] = (
    Button("routing_delivery_resend", OPERATOR, of("delivery")),
    Button("routing_delivery_bulk", OPERATOR, bulk("resend"), _last),
    Button("routing_delivery_bulk", OPERATOR, bulk("resend_now"), _last),
    Button("routing_delivery_bulk", OPERATOR, bulk("cancel"), _last),
    Button("routing_inbound_bulk", OPERATOR, bulk("reprocess"), _last),
    Button("routing_quarantinedcall_bulk", OPERATOR, bulk("replay"), _last),
    Button("routing_bulkjob_cancel", OPERATOR, of("bulkjob")),
    Button("routing_inbound_body", OPERATOR, of("inbound")),
    Button("routing_inbound_test", OPERATOR, of("inbound")),
    Button("routing_inbound_reprocess", OPERATOR, lambda stage: [stage.undecided.pk]),
    Button("routing_openthread_close", OPERATOR, data=lambda stage: {"thread": [stage.pk("openthread")], "tell": "no"}),
    Button("routing_rule_move", OPERATOR, of("rule"), lambda stage: {"direction": "down"}),
    Button("routing_rule_preview", OPERATOR, data=lambda stage: {"name": "new"}, changes=False),
    Button("routing_rule_preview_edited", OPERATOR, of("rule"), lambda stage: {"name": "new"}, changes=False),
    Button("routing_target_preview", OPERATOR, query="?kind=feishu", changes=False),
    Button("routing_feishubot_preview", OPERATOR, changes=False),
    Button("routing_flashdutytarget_preview", OPERATOR, changes=False),
    *[Button(f"routing_{name}_preview_edited", OPERATOR, of(name), changes=False) for name in TARGETS],
    Button("routing_silence_mute", OPERATOR, lambda stage: [stage.mute_token()]),
    Button("routing_source_test", OPERATOR, of("source"), lambda stage: {"project": "web", "environment": "production", "level": "error"}),
    Button("routing_rule_test", OPERATOR, of("rule"), lambda stage: {"source": stage.pk("source")}),
    Button("routing_target_test", OPERATOR, of("target"), lambda stage: LOUD),
    Button("routing_feishubot_test", OPERATOR, of("feishubot"), lambda stage: LOUD),
    Button("routing_flashdutytarget_test", OPERATOR, of("flashdutytarget"), lambda stage: LOUD),
    Button("routing_rule_what_if", OPERATOR, data=lambda stage: {"name": "new", "targets": [stage.pk("target")]}, changes=False),
    Button("routing_rule_what_if_edited", OPERATOR, of("rule"), lambda stage: {"name": "new"}, changes=False),
    Button("routing_silence_what_if", OPERATOR, data=lambda stage: {"name": "new"}, changes=False),
    Button("routing_silence_what_if_edited", OPERATOR, of("silence"), lambda stage: {"name": "new"}, changes=False),
    _form("source", "add", name="another"), _form("source", "change", title="Changed"), _delete("source"), _revert("source"),
    Button("routing_project_add", OPERATOR, data=lambda stage: {"source": stage.pk("source"), "slug": "another"}, fills=True, status=(302,)),
    _form("project", "change", title="Changed"), _delete("project"), _revert("project"),
    _form("target", "add", query="?kind=feishu", name="another", webhook_url=f"{BOT}another"),
    _form("target", "change", title="Changed"), _delete("target"), _revert("target"),
    _form("feishubot", "add", name="another", webhook_url=f"{BOT}another"),
    _form("feishubot", "change", title="Changed"), _delete("feishubot"),
    _form("flashdutytarget", "add", name="another", push_url=f"{PUSH}another"),
    _form("flashdutytarget", "change", title="Changed"), _delete("flashdutytarget"),
    _form("rule", "add", name="another"), _form("rule", "change", name="changed"), _delete("rule"), _revert("rule"),
    _form("severitymapping", "add", sentry_status="triggered", level="fatal", severity="critical"),
    _form("severitymapping", "change", severity="info"), _delete("severitymapping"), _revert("severitymapping"),
    _form("silence", "add", name="another"), _form("silence", "change", reason="changed"), _delete("silence"), _revert("silence"),
    _form("apitoken", "add", ADMINISTRATOR, name="another", role="viewer"), _delete("apitoken", ADMINISTRATOR),
    _form("group", "add", ADMINISTRATOR, name="another"), _form("group", "change", ADMINISTRATOR, name="changed"), _delete("group", ADMINISTRATOR),
    _form("user", "add", ADMINISTRATOR, username="another", password1="a-long-passw0rd!", password2="a-long-passw0rd!"),
    _form("user", "change", ADMINISTRATOR, first_name="Changed"), _delete("user", ADMINISTRATOR),
    Button("key_leak_begin", ADMINISTRATOR, data=lambda stage: {"since": "2026-01-01T00:00"}),
    Button("key_leak_end", ADMINISTRATOR),
    Button("key_leak_hook_key", ADMINISTRATOR, of("source")),
    Button("key_leak_client_secret", ADMINISTRATOR, of("source"), lambda stage: {"secret": "a-new-secret"}),
    Button("key_leak_token", ADMINISTRATOR, of("apitoken")),
    *[Button(f"key_leak_finish_{kind}", ADMINISTRATOR, of(kind)) for kind in ("client_secret", "hook_key", "user")],
    Button("key_leak_finish_token", ADMINISTRATOR, of("apitoken")),
    Button("auth_user_password_change", ADMINISTRATOR, of("user"), lambda stage: {"password1": "a-long-passw0rd!", "password2": "a-long-passw0rd!"}, fills=True),
)  # fmt: skip


@dataclass(frozen=True)
class Action:
    """An action of a list, on its first row."""

    may: str
    leads_to: str = ""
    """Where it asks first, instead of doing it: a part of the address or of the page."""
    data: Callable[[Stage], dict[str, Any]] = lambda stage: {}
    row: Callable[[Stage], int] | None = None


_SEND_TO = Action(OPERATOR, data=lambda stage: {"apply": "1", "targets": [stage.pk("flashdutytarget")]})
ACTIONS: Mapping[tuple[str, str], Action] = {
    ("delivery", "resend"): Action(OPERATOR, "/delivery/bulk/resend/"),
    ("delivery", "cancel"): Action(OPERATOR, "/delivery/bulk/cancel/"),
    ("inbound", "reprocess"): Action(OPERATOR, "/inbound/bulk/reprocess/"),
    ("quarantinedcall", "replay"): Action(OPERATOR, "/quarantinedcall/bulk/replay/"),
    ("quarantinedcall", "add_bot_and_replay"): Action(OPERATOR),
    ("openthread", "close"): Action(OPERATOR, 'action="/admin/routing/openthread/close/"'),
    ("project", "send_to"): _SEND_TO,
    ("silence", "end_now"): Action(OPERATOR),
    ("target", "enable"): Action(OPERATOR),
    ("target", "disable"): Action(OPERATOR),
    ("feishubot", "enable"): Action(OPERATOR),
    ("feishubot", "disable"): Action(OPERATOR),
    ("flashdutytarget", "enable"): Action(OPERATOR),
    ("flashdutytarget", "disable"): Action(OPERATOR),
    ("apitoken", "delete_selected"): Action(ADMINISTRATOR, 'name="post"'),
    ("group", "delete_selected"): Action(ADMINISTRATOR, 'name="post"'),
    ("user", "delete_selected"): Action(ADMINISTRATOR, 'name="post"'),
}
"""(model, action) -> who may; every action that a list offers to anybody."""
