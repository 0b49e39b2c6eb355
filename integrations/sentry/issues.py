"""Issues: their own actions, and the activity alerts around them."""

from integrations.contract import Alert, SentryStatus
from integrations.sentry import causes
from integrations.sentry.identity import alert_key, body_identity
from integrations.sentry.parsing import Tree
from integrations.sentry.resources import Call
from integrations.sentry.rule_settings import is_test_rule, read_settings, rule_id_of
from integrations.sentry.subjects import subject_of
from integrations.sentry.titles import error_of, headline, level_of
from integrations.sentry.values import TITLE, block, first, line, mapping, moment, optional

_TIME_OF_ACTION = {"created": "firstSeen", "unresolved": "lastSeen"}
"""An issue's payload has no time of its resolution: for that one the time of receiving stands."""


def read_issue(call: Call, status: SentryStatus) -> Alert:
    """The alert of an issue's action, or of an activity alert about an issue.

    Sentry says neither environment nor release nor tags of an issue.
    """
    issue, rule = mapping(call.data.get("issue")), mapping(call.data.get("alert"))
    subject = subject_of(issue, call.document, "id", ("url", "web_url", "webUrl", "permalink", "project_url"))
    identity = ("id", subject.issue_id) if subject.issue_id else body_identity(call.body)
    title, (error_type, error_value) = headline(issue), error_of(issue)
    return Alert(
        resource=call.resource,
        action=call.action,
        sentry_status=status,
        alert_key=alert_key(call.source, "issue", *identity),
        title=title,
        message=_activity(mapping(call.data.get("activity"))),
        culprit=line(issue.get("culprit"), TITLE),
        error_type=error_type,
        error_value=error_value,
        level=level_of(issue.get("level")),
        project_slug=subject.project_slug,
        project_slugs=subject.project_slugs,
        project_id=subject.project_id,
        project_name=subject.project_name,
        organization=subject.organization,
        issue_id=subject.issue_id,
        short_id=optional(issue.get("shortId"), 64),
        rule_name=optional(rule.get("title")) or optional(rule.get("name")),
        rule_id=rule_id_of(rule.get("id")),
        link=subject.page,
        platform=optional(issue.get("platform"), 64),
        logger=optional(issue.get("logger")),
        occurred_at=moment(issue.get(_TIME_OF_ACTION.get(call.action, ""))),
        settings=read_settings(rule.get("settings")),
        lacks_settings="settings" in rule and not read_settings(rule.get("settings")),
        cause_keys=causes.of_issue(call.source, issue, subject.project_slug, title),
        is_follow_up=call.resource == "activity_alert",
        is_test=is_test_rule(rule.get("id")),
        unfamiliar=(call if issue else call.noting("no issue in the data")).notes,
    )


def _activity(activity: Tree) -> str:
    """What happened, in the activity's own words; its type where it has none."""
    details = mapping(activity.get("details"))
    said = first(block(details.get(name)) for name in ("summary", "description", "message", "title"))
    return said or line(activity.get("type"))
