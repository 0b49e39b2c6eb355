import pytest

from integrations.contract import DROP, LEVELS, SentryStatus, Severity
from routing.policy.errors import SeverityError
from routing.policy.severity import DEFAULT_MAPPING, loudness, parse_mapping, recovery_severity, severity_of

TRIGGERED = SentryStatus.TRIGGERED


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (SentryStatus.CRITICAL, Severity.CRITICAL),
        (SentryStatus.WARNING, Severity.WARNING),
        (SentryStatus.TRIGGERED, Severity.WARNING),
        (SentryStatus.RESOLVED, Severity.OK),
    ],
)
@pytest.mark.parametrize("level", [None, "", "sample", *LEVELS])
def test_an_empty_mapping_behaves_like_the_default_one_for_every_level(status, expected, level):
    assert severity_of(status=status, level=level, default={}, overlay={}) is expected
    assert severity_of(status=status, level=level, default=DEFAULT_MAPPING, overlay={}) is expected


@pytest.mark.parametrize(
    ("default", "overlay", "level", "expected"),
    [
        ({"triggered": "info"}, {}, "error", "info"),
        ({"triggered": "info", "triggered.error": "critical"}, {}, "error", "critical"),
        ({"triggered": "info", "triggered.error": "critical"}, {}, "Error", "critical"),
        ({"triggered": "info", "triggered.error": "critical"}, {}, "warning", "info"),
        ({"triggered": "info"}, {"triggered": "critical"}, "error", "critical"),
        ({"triggered.error": "info"}, {"triggered": "critical"}, "error", "info"),
        ({"triggered.error": "info"}, {"triggered.error": "critical"}, "error", "critical"),
        ({"triggered": "info"}, {"triggered.fatal": "critical"}, "error", "info"),
        ({"triggered": "info"}, {"triggered.fatal": "critical"}, "fatal", "critical"),
        ({"triggered": "info"}, {"triggered": DROP}, None, DROP),
        ({"critical": "info"}, {"warning": "info"}, "error", "warning"),
    ],
)
def test_the_more_specific_row_wins_and_of_equal_rows_the_overlays(default, overlay, level, expected):
    assert severity_of(status=TRIGGERED, level=level, default=default, overlay=overlay) == expected


def test_the_recovery_follows_the_same_rows():
    assert recovery_severity(level="error", default={}, overlay={}) is Severity.OK
    assert recovery_severity(level="error", default={"resolved": Severity.OK}, overlay={"resolved": DROP}) == DROP
    assert recovery_severity(level="info", default={"resolved.info": DROP}, overlay={}) == DROP


def test_severities_are_ordered_by_how_loud_they_are():
    order = [DROP, Severity.OK, Severity.INFO, Severity.WARNING, Severity.CRITICAL]
    assert sorted(set(order), key=loudness) == order
    assert loudness("critical") == loudness(Severity.CRITICAL)


def test_a_mapping_is_read():
    mapping = parse_mapping({"triggered.fatal": "critical", "triggered": "drop", "resolved": "ok"})
    assert mapping == {"triggered.fatal": Severity.CRITICAL, "triggered": DROP, "resolved": Severity.OK}
    assert isinstance(mapping["resolved"], Severity)
    assert parse_mapping(None) == {}


@pytest.mark.parametrize(
    ("value", "path", "advice"),
    [
        (["triggered"], "severity", "status: severity"),
        ({"fired": "critical"}, "severity.fired", "unknown key"),
        ({"triggered.loud": "critical"}, "severity.triggered.loud", "unknown key"),
        ({"triggered.": "critical"}, "severity.triggered.", "unknown key"),
        ({5: "critical"}, "severity.5", "unknown key"),
        ({"triggered": "ok"}, "severity.triggered", "critical, warning, info, drop"),
        ({"critical.error": "ok"}, "severity.critical.error", "critical, warning, info, drop"),
        ({"resolved": "info"}, "severity.resolved", "ok, drop"),
        ({"resolved.error": "critical"}, "severity.resolved.error", "ok, drop"),
        ({"triggered": None}, "severity.triggered", "None is not possible"),
        ({"triggered": ["critical"]}, "severity.triggered", "not possible"),
    ],
)
def test_a_mapping_that_says_the_impossible_is_refused(value, path, advice):
    with pytest.raises(SeverityError) as caught:
        parse_mapping(value)
    assert caught.value.path == path
    assert advice in caught.value.text.en
    assert caught.value.text.zh
