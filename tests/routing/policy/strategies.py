"""Generated alerts, conditions and configurations, from a vocabulary small enough for them to meet."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import strategies as st

from integrations.contract import Alert, SentryStatus, Severity
from routing.policy import fields
from routing.policy.operators import OPERATORS
from routing.policy.specs import AnyOf, Configuration, MatcherSpec, RuleSpec, SilenceSpec, TargetSpec, WindowSpec

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
LEVELS = ("debug", "info", "warning", "error", "fatal")
FIRING = (SentryStatus.CRITICAL, SentryStatus.WARNING, SentryStatus.TRIGGERED)
WORDS = ("web", "Web", "WEB", "api", "web-api", "straße", "STRASSE", "prod", "production", "a.b", "[x]", "50%", "x y")
FIELDS = (*fields.FIELDS, "tag:team", "tag:Team", "setting:channel")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC")

words = st.sampled_from(WORDS)
maybe = st.one_of(st.none(), words)
text = st.one_of(st.just(""), words, st.tuples(words, words).map(" ".join))
patterns = st.sampled_from(("web", "^web$", "(?i)WEB", "pro?d", "a.b", r"\bapi\b", "x|y", "$", "[Ww]eb", r"\d+%"))
globs = st.sampled_from(("web", "*", "we?", "*web*", "prod*", "[wp]*", "[!w]*", "a.b", "*.b", "?x?", "[x]", "[[]x]"))


def _value(field: str, operator: str) -> st.SearchStrategy[str | tuple[str, ...] | None]:
    if operator in ("is_set", "is_not_set"):
        return st.none()
    if operator in ("matches", "not_matches"):
        return patterns
    if operator == "glob":
        return globs
    one = {
        "level": st.sampled_from((*LEVELS, "sample", "Error")),
        "status": st.sampled_from(("triggered", "critical", "Warning", "resolved")),
        "source": st.sampled_from(("acme", "other", "ACME")),
    }.get(field, words)
    if operator in ("in", "not_in"):
        return st.lists(one, min_size=1, max_size=3).map(tuple)
    return one


TEXT_OPERATORS = tuple(name for name, operator in OPERATORS.items() if operator.takes != "level")


@st.composite
def matchers(draw: st.DrawFn, among: tuple[str, ...] = FIELDS) -> MatcherSpec:
    field = draw(st.sampled_from(among))
    if field == "level" and draw(st.booleans()):
        return MatcherSpec(field, draw(st.sampled_from(("at_least", "at_most"))), draw(st.sampled_from(LEVELS)))
    operator = draw(st.sampled_from(TEXT_OPERATORS))
    return MatcherSpec(field, operator, draw(_value(field, operator)))


def whens(among: tuple[str, ...] = FIELDS, max_size: int = 3) -> st.SearchStrategy[tuple[MatcherSpec | AnyOf, ...]]:
    one = matchers(among)
    groups = st.lists(one, min_size=1, max_size=3).map(lambda found: AnyOf(tuple(found)))
    return st.lists(st.one_of(one, one, groups), max_size=max_size).map(tuple)


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    slugs = draw(st.lists(words, max_size=2, unique=True).map(tuple))
    tags = st.dictionaries(st.sampled_from(("team", "Team")), st.lists(text, max_size=3).map(tuple), max_size=2)
    settings = st.dictionaries(
        st.sampled_from(("channel", "severity", "target")),
        st.one_of(text, st.sampled_from(("target 1", " target 2 ", "target 9", "critical", "Info", "ok"))),
        max_size=3,
    )
    return Alert(
        resource=draw(st.sampled_from(("event_alert", "metric_alert", "web"))),
        action="triggered",
        sentry_status=draw(st.sampled_from(FIRING)),
        alert_key="k",
        title=draw(text),
        message=draw(text),
        culprit=draw(text),
        level=draw(st.one_of(st.none(), st.sampled_from((*LEVELS, "sample", "Fatal", "")))),
        environment=draw(maybe),
        project_slug=slugs[0] if slugs else draw(maybe),
        project_slugs=slugs if draw(st.booleans()) else (),
        issue_id=draw(maybe),
        rule_name=draw(maybe),
        platform=draw(maybe),
        release=draw(maybe),
        logger=draw(maybe),
        tags=draw(tags),
        settings=draw(st.one_of(st.just({}), st.just({}), settings)),
    )


@st.composite
def windows(draw: st.DrawFn) -> WindowSpec:
    clocks = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))
    start, end = draw(st.one_of(st.tuples(clocks, clocks), st.just((None, None))))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return WindowSpec(days, start, end, draw(st.sampled_from(ZONES)))


firing_rows = st.dictionaries(
    st.sampled_from(("triggered", "critical", "warning", "triggered.fatal", "triggered.error", "warning.info")),
    st.sampled_from((Severity.CRITICAL, Severity.WARNING, Severity.INFO, "drop")),
    max_size=3,
)
recovery_rows = st.dictionaries(
    st.sampled_from(("resolved", "resolved.error")), st.sampled_from((Severity.OK, "drop")), max_size=1
)
mappings = st.tuples(firing_rows, recovery_rows).map(lambda rows: {**rows[0], **rows[1]})
targets = st.lists(st.integers(1, 4), max_size=3).map(tuple)


@st.composite
def rules(draw: st.DrawFn, number: int) -> RuleSpec:
    return RuleSpec(
        id=number,
        name=f"rule {number}",
        source=draw(st.sampled_from((None, None, "acme", "other"))),
        project=draw(st.one_of(st.none(), st.none(), words)),
        when=draw(st.one_of(st.just(()), whens(max_size=2))),
        severity=draw(st.one_of(st.just({}), mappings)),
        targets=draw(st.one_of(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple), targets)),
        continues=draw(st.sampled_from((True, True, False))),
        repeat_minutes=draw(st.sampled_from((0, 0, 30, 60))),
        active=draw(st.one_of(st.none(), st.none(), windows())),
        broken="unreadable" if draw(st.integers(0, 9)) == 7 else "",
    )


@st.composite
def silences(draw: st.DrawFn, number: int) -> SilenceSpec:
    when = draw(whens(max_size=2))
    if draw(st.booleans()):
        return SilenceSpec(id=number, name=f"silence {number}", when=when, weekly=draw(windows()))
    start = NOW + timedelta(hours=draw(st.sampled_from((-2, -1, 0, 1))))
    end = start + timedelta(hours=draw(st.sampled_from((1, 2))))
    return SilenceSpec(id=number, name=f"silence {number}", when=when, starts_at=start, ends_at=end)


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    sizes = draw(st.integers(0, 7)), draw(st.integers(0, 2))
    return Configuration(
        version="v1",
        rules=tuple(draw(rules(number)) for number in range(sizes[0])),
        silences=tuple(draw(silences(number)) for number in range(sizes[1])),
        severity=draw(mappings),
        targets={number: TargetSpec(id=number, name=f"target {number}", kind="feishu") for number in range(1, 5)},
        source_defaults=draw(st.dictionaries(st.sampled_from(("acme", "other")), targets, max_size=2)),
        project_defaults=draw(st.dictionaries(st.tuples(st.just("acme"), words), targets, max_size=3)),
    )
