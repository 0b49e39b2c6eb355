"""Addresses: where a person may be sent, and what an address tells."""

import pytest

from integrations.sentry.links import Place, incident, issue_page, metric_rule_id, page, place


@pytest.mark.parametrize(
    "url",
    [
        "https://sentry.io/organizations/acme/issues/1/events/abc/",
        "http://10.1.2.3:9000/acme/web/issues/1/?referrer=webhooks_plugin#top",
        "HTTPS://Sentry.Example.com/x",
        "https://错误.example/issues/1/",
    ],
)
def test_a_web_page_is_a_link(url):
    assert page(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//sentry.io/x",
        "/issues/1/",
        "https://",
        "https:///x",
        "https://:80/x",
        "ftp://sentry.io/x",
        " https://sentry.io/x",
        "https://sentry.io/a b",
        "https://sentry.io/\nx",
        "https://sentry.io/\u202ex",
        "https://sentry.io@evil.example/",
        "https://sentry.io\\@evil.example/",
        'https://sentry.io/"><script>',
        "https://sentry.io/api/0/issues/1/",
        "https://sentry.io/" + "x" * 2048,
        "",
        None,
        5,
        ["https://sentry.io/"],
    ],
)
def test_anything_else_is_no_link(url):
    assert page(url) is None
    assert page(url, "https://sentry.io/next/") == "https://sentry.io/next/"


@pytest.mark.parametrize(
    ("urls", "told"),
    [
        (["https://sentry.io/api/0/projects/acme/web/events/abc/"], Place("acme", "web", None)),
        (["https://sentry.io/organizations/acme/issues/12/events/abc/"], Place("acme", None, "12")),
        (["https://acme.sentry.io/issues/12/?referrer=x"], Place("acme", None, "12")),
        (["https://us.sentry.io/api/0/organizations/acme/issues/12/"], Place("acme", None, "12")),
        (["https://us.sentry.io/issues/12/"], Place(None, None, "12")),
        (["https://sentry.example/acme/web/issues/12/"], Place("acme", "web", "12")),
        (["https://sentry.example/acme/web/group/12/"], Place("acme", "web", "12")),
        (["https://sentry.example/api/0/issues/12/"], Place(None, None, "12")),
        (["https://sentry.example/api/0/issues/99999999999999999999/"], Place()),
        ([None, 5, "", "x" * 5000], Place()),
        ([None, "https://a.example/organizations/acme/x", "https://b.example/issues/3/"], Place("acme", None, "3")),
    ],
)
def test_names_are_read_from_addresses(urls, told):
    assert place(*urls) == told


def test_the_page_of_an_issue_is_built_on_the_host_that_people_use():
    assert (
        issue_page(None, "https://us.sentry.io/api/0/issues/1/", organization="acme", issue_id="1")
        == "https://sentry.io/organizations/acme/issues/1/"
    )
    assert issue_page("javascript:x", organization="acme", issue_id="1") is None
    assert issue_page("https://s.example/", organization=None, issue_id="1") is None
    assert issue_page("https://s.example/", organization="acme", issue_id=None) is None


@pytest.mark.parametrize(
    ("url", "rule", "number"),
    [
        ("https://sentry.io/organizations/acme/alerts/rules/details/7/?alert=12&type=metric", "7", "12"),
        ("https://sentry.io/organizations/acme/alerts/12/", None, "12"),
        ("https://sentry.io/organizations/acme/issues/12/", None, None),
        (None, None, None),
    ],
)
def test_a_metric_alerts_page_names_its_rule_and_incident(url, rule, number):
    assert (metric_rule_id(url), incident(url)) == (rule, number)
