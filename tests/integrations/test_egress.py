import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import Text
from integrations.egress import EgressPolicy, Endpoint, endpoint_of, refusal

VENDOR = frozenset({"open.feishu.cn", "open.larksuite.com"})
NOTHING = EgressPolicy()
POLICY = EgressPolicy.parse(["bot.internal", "Push.Internal:8443", "10.0.0.5", "[fd00::5]:8080"])


# ---------------------------------------------------------------- the settings


def test_entries_are_read_however_they_are_spaced_or_capitalised() -> None:
    policy = EgressPolicy.parse([" Bot.Internal ", "", "10.0.0.5:8080", "[FD00::5]", "svc_name:80"])
    assert policy.allowed == {"bot.internal", "10.0.0.5:8080", "[fd00::5]", "svc_name:80"}


@pytest.mark.parametrize(
    "entry",
    [
        "https://bot.internal",
        "bot.internal/path",
        "user@bot.internal",
        "*.internal",
        "*",
        "10.0.0.0/8",
        "bot.internal:0",
        "bot.internal:65536",
        "bot.internal:http",
        "bot internal",
        "-bot.internal",
        "bot..internal",
        "机器人.cn",
        "fd00::5",
        "2130706433",
        "127.1",
        "0x7f.0.0.1",
        "010.0.0.1",
        "[::ffff:10.0.0.1]",
        "[fd00:0::5]",
        "[fe80::1%eth0]",
    ],
)
def test_an_entry_that_is_no_host_is_named_with_the_setting(entry: str) -> None:
    with pytest.raises(ValueError, match=r"^EGRESS_ALLOWED_HOSTS: ") as caught:
        EgressPolicy.parse(["good.internal", entry])
    assert repr(entry) in str(caught.value)


@pytest.mark.parametrize("entry", ["169.254.169.254", "100.100.100.200:80", "[fd00:ec2::254]", "0.0.0.0", "[ff02::1]"])
def test_a_metadata_service_can_not_be_allowed(entry: str) -> None:
    with pytest.raises(ValueError, match="never"):
        EgressPolicy.parse([entry])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("http://proxy.internal:3128", "http://proxy.internal:3128"),
        (" http://User:Pass@10.0.0.1:3128/ ", "http://User:Pass@10.0.0.1:3128"),
        ("HTTP://proxy", "http://proxy"),
    ],
)
def test_the_proxy_is_an_http_url(given: str | None, kept: str | None) -> None:
    assert EgressPolicy.parse([], given).proxy == kept


@pytest.mark.parametrize("proxy", ["proxy:3128", "https://proxy:3128", "socks5://proxy", "http://", "http://a b:1"])
def test_another_kind_of_proxy_is_refused_without_repeating_it(proxy: str) -> None:
    with pytest.raises(ValueError, match=r"^EGRESS_PROXY: write http://host:port") as caught:
        EgressPolicy.parse([], proxy)
    assert str(caught.value) == "EGRESS_PROXY: write http://host:port or http://user:password@host:port."


def test_the_proxys_password_is_not_shown() -> None:
    assert "hunter2" not in repr(EgressPolicy.parse([], "http://u:hunter2@proxy:3128"))


# ---------------------------------------------------------------- URLs


@pytest.mark.parametrize(
    "url",
    [
        "https://open.feishu.cn/open-apis/bot/v2/hook/abc",
        "https://OPEN.larksuite.com:443/x",
        "HTTPS://open.feishu.cn/x",
        "http://bot.internal/x",
        "https://bot.internal:9999",
        "http://push.internal:8443/?a=b",
        "http://10.0.0.5:1234/",
        "https://[fd00::5]:8080/x",
        "https://open.feishu.cn/路径?名=值",
    ],
)
def test_vendors_by_https_and_allowed_hosts_by_any_pass(url: str) -> None:
    assert refusal(url, VENDOR, POLICY) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://open.feishu.cn/", "https on port 443"),
        ("https://open.feishu.cn:8443/", "https on port 443"),
        ("http://open.feishu.cn:443/", "https on port 443"),
        ("https://feishu.cn/", "feishu.cn:443 to EGRESS_ALLOWED_HOSTS"),
        ("https://evil.open.feishu.cn/", "evil.open.feishu.cn:443"),
        ("https://open.feishu.cn.evil.test/", "open.feishu.cn.evil.test:443"),
        ("http://push.internal/", "push.internal:80"),
        ("http://10.0.0.6/", "10.0.0.6:80"),
        ("http://[fd00::5]/", "[fd00::5]:80"),
        ("http://127.0.0.1:8000/", "127.0.0.1:8000"),
        ("https://93.184.216.34/", "93.184.216.34:443"),
    ],
)
def test_any_other_place_is_refused_with_the_entry_that_would_open_it(url: str, says: str) -> None:
    text = refusal(url, VENDOR, POLICY)
    assert text is not None
    assert says in text.en
    assert "EGRESS_ALLOWED_HOSTS" in text.en
    assert "EGRESS_ALLOWED_HOSTS" in text.zh


@pytest.mark.parametrize(
    "url",
    [
        *("", "open.feishu.cn", "//open.feishu.cn/", "/hook", "https:", "https://", "https:///hook", "https://:443/"),
        *("ftp://open.feishu.cn/", "file:///etc/passwd", "gopher://open.feishu.cn/", "javascript:alert(1)", "data:,x"),
        *("https://user@open.feishu.cn/", "https://u:p@open.feishu.cn/", "https://open.feishu.cn@evil.test/"),
        *("https://evil.test\\@open.feishu.cn/", "https://open.feishu.cn\\.evil.test/", "https:\\\\open.feishu.cn/"),
        *("https://open.feishu.cn /", " https://open.feishu.cn/", "https://open.feishu.cn/\r\nX-Evil: 1"),
        *(
            "https://open.feishu.cn/\t",
            "https://open.feishu.cn/\x00",
            "ht\ntps://open.feishu.cn/",
            "\u0085https://a/",
            "https://a/\ud800",
        ),
        *(
            "https://open.feishu.cn./",
            "https://open..feishu.cn/",
            "https://-open.feishu.cn/",
            "https://open.feishu.cn:/",
        ),
        *("https://open.feishu.cn:0/", "https://open.feishu.cn:99999/", "https://open.feishu.cn:+443/"),
        *(
            "https://open.feishu.cn:４４３/",
            "https://open。feishu。cn/",
            "https://ｏpen.feishu.cn/",
            "https://öpen.cn/",
        ),
        *("https://open%2efeishu.cn/", "https://open.feishu.cn%00.evil.test/", "https://" + "a" * 64 + ".cn/"),
        *("http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/"),
        *("http://127.0.0.01/", "http://127.0.0.1.1/", "http://256.0.0.1/", "http://1/", "http://0/", "http://a.0x1/"),
        *("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[0:0:0::1]/"),
        *(
            "http://[FD00:0::5]:8080/",
            "http://[fe80::1%25eth0]/",
            "http://[fe80::1%eth0]/",
            "http://[::1/",
            "http://::1/",
        ),
        *("http://[::1]evil.test/", "http://[v1.x]/", "http://[]/", "http://[10.0.0.5]/"),
    ],
)
def test_a_url_that_readers_could_read_in_two_ways_is_refused(url: str) -> None:
    everywhere = EgressPolicy(frozenset({"open.feishu.cn", "127.0.0.1", "[::1]", "[fd00::5]", "10.0.0.5"}))
    assert refusal(url, VENDOR, everywhere) is not None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://user@open.feishu.cn/", "before an @"),
        ("https://open.feishu.cn/a b", "a space, a backslash or a control character"),
        ("ftp://open.feishu.cn/", "must begin with https://"),
        ("http://0x7f.1/", "written in an unusual way"),
        ("https://飞书.cn/", "xn-- form"),
    ],
)
def test_a_refusal_says_what_to_mend(url: str, says: str) -> None:
    text = refusal(url, VENDOR, NOTHING)
    assert text is not None
    assert says in text.en
    assert text.zh


@given(st.text())
def test_a_refusal_never_repeats_path_query_or_user(rest: str) -> None:
    for url in (
        f"https://evil.test/s3cret{rest}",
        f"https://evil.test/?k=s3cret{rest}",
        "https://s3cret:s3cret@evil.test/",
    ):
        text = refusal(url, VENDOR, NOTHING)
        assert text is not None
        assert "s3cret" not in text.en + text.zh


@given(st.text())
def test_any_text_at_all_is_judged(url: str) -> None:
    assert isinstance(endpoint_of(url), Endpoint | Text)
    assert refusal(url, VENDOR, NOTHING) is not None


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://Open.Feishu.cn/A/b?C=d#e", Endpoint("https", "open.feishu.cn", 443, "/A/b?C=d")),
        ("http://bot.internal", Endpoint("http", "bot.internal", 80, "/")),
        ("http://bot.internal?x", Endpoint("http", "bot.internal", 80, "/?x")),
        ("http://[fd00::5]:8080/", Endpoint("http", "fd00::5", 8080, "/")),
        ('http://a/%2F%zz/中?q=é"<>', Endpoint("http", "a", 80, "/%2F%zz/%E4%B8%AD?q=%C3%A9%22%3C%3E")),
    ],
)
def test_a_url_is_taken_apart_without_changing_what_it_asks_for(url: str, endpoint: Endpoint) -> None:
    assert endpoint_of(url) == endpoint
