"""Credentials: found where people have them, checked early, never shown."""

from __future__ import annotations

import time

import pytest

from convbridge.errors import ConfigError
from convbridge.model.access import CredentialsKind, GoogleAccess
from convbridge.settings import load, parse
from settings.conftest import FULL, GA4, one, read

SANDBOX = (
    "google: {credentials: anonymous, ga4_endpoint: http://127.0.0.1:1, "
    "google_ads_endpoint: http://localhost:2, "
    "data_manager_endpoint: 'http://[::1]:3'}\n"
)


@pytest.fixture
def write(tmp_path):
    """Write convbridge.yaml beside other files and read it."""

    def write_and_load(text=FULL, env=None, **files):
        for name, content in files.items():
            path = tmp_path / name.replace("__", "-").replace("_dot_", ".")
            path.write_text(content, encoding="utf-8")
        (tmp_path / "convbridge.yaml").write_text(text, encoding="utf-8")
        return load(tmp_path / "convbridge.yaml", env=env or {})

    return write_and_load


def message(write, *args, **kwargs) -> str:
    with pytest.raises(ConfigError) as caught:
        write(*args, **kwargs)
    return str(caught.value)


def test_nothing_said_means_application_default_credentials():
    assert read(FULL).access("siam-coffee") == GoogleAccess()


def test_sandbox_is_reached_anonymously():
    assert read(SANDBOX + FULL).access("siam-coffee") == GoogleAccess(
        credentials=CredentialsKind.ANONYMOUS,
        ga4_endpoint="http://127.0.0.1:1",
        google_ads_endpoint="http://localhost:2",
        data_manager_endpoint="http://[::1]:3",
    )


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        pytest.param(
            "http://example.com",
            "http:// is for loopback addresses only, 'example.com' is not one "
            "(use https://example.com)",
            id="plaintext to a stranger",
        ),
        pytest.param(
            "http://127.0.0.1.example.com:80",
            "http:// is for loopback addresses only, '127.0.0.1.example.com' is not "
            "one (use https://127.0.0.1.example.com:80)",
            id="a name that begins like loopback",
        ),
        pytest.param(
            "http://localhost:pw@example.com",
            "an endpoint carries no user and no password",
            id="user and password",
        ),
        pytest.param(
            "http://10.0.0.1",
            "http:// is for loopback addresses only, '10.0.0.1' is not one "
            "(use https://10.0.0.1)",
            id="private network",
        ),
        pytest.param(
            "127.0.0.1:8701",
            "'127.0.0.1:8701' is not an endpoint (write https://host, or "
            "http://127.0.0.1:port for a sandbox)",
            id="no scheme",
        ),
        pytest.param(
            "https://h/v1?a=b",
            "'https://h/v1?a=b' has more than scheme, host and port",
            id="path",
        ),
        pytest.param(
            "https://h:99999", "this is not an address (https://host:port)", id="port"
        ),
        pytest.param(
            "[1]",
            "ga4_endpoint: expected an address such as https://host, found a list",
            id="list",
        ),
    ],
)
def test_endpoint_that_is_none(endpoint, words):
    text = f"google: {{ga4_endpoint: '{endpoint}'}}\n".replace("'[1]'", "[1]") + FULL

    with pytest.raises(ConfigError) as caught:
        read(text)

    assert [str(f) for f in caught.value.faults] == [f"convbridge.yaml:1:24: {words}"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"])
def test_plaintext_is_accepted_on_loopback(host):
    text = f"google: {{ga4_endpoint: 'http://{host}:1'}}\n{FULL}"

    assert read(text).google.ga4_endpoint == f"http://{host}:1"


def test_anonymous_is_refused_where_google_itself_would_be_called():
    text = (
        "google: {credentials: anonymous, ga4_endpoint: https://example.com}\n" + FULL
    )

    with pytest.raises(ConfigError) as caught:
        read(text)

    at = "convbridge.yaml:1:23:"
    hint = "(`convbridge sandbox` prints the endpoints to write)"
    assert [str(f) for f in caught.value.faults] == [
        (
            f"{at} credentials: anonymous is for loopback addresses only, "
            f"ga4_endpoint is https://example.com {hint}"
        ),
        (
            f"{at} credentials: anonymous needs google_ads_endpoint on a "
            f"loopback address {hint}"
        ),
        (
            f"{at} credentials: anonymous needs data_manager_endpoint on a "
            f"loopback address {hint}"
        ),
    ]


def test_client_has_a_google_of_its_own(write):
    text = SANDBOX + one(GA4, "google: {credentials: adc, quota_project_id: p1}")

    access = write(text).access("shop")

    assert (access.credentials, access.quota_project_id, access.ga4_endpoint) == (
        CredentialsKind.ADC,
        "p1",
        "http://127.0.0.1:1",
    )


def test_anonymous_client_needs_its_own_endpoints_only():
    text = one(
        GA4, "google: {credentials: anonymous, ga4_endpoint: http://localhost:1}"
    )

    access = read(text).access("shop")

    assert access.credentials is CredentialsKind.ANONYMOUS


def test_google_ads_yaml_beside_the_file_is_found(write, tmp_path):
    loaded = write(google__ads_dot_yaml="login_customer_id: 555-555-5555\nother: 1\n")

    assert loaded.google_ads_config.path == tmp_path / "google-ads.yaml"
    assert loaded.access("siam-coffee").google_ads_login == {
        "login_customer_id": "555-555-5555"
    }
    assert loaded.access("siam-coffee").credentials is CredentialsKind.ADC


def test_google_ads_yaml_in_the_home_directory_is_found(write, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "google-ads.yaml").write_text("developer_token: abc\n", encoding="utf-8")

    loaded = write(env={"HOME": str(home)})

    assert loaded.google_ads_config.path == home / "google-ads.yaml"
    assert loaded.access("siam-coffee").developer_token == "abc"


@pytest.mark.parametrize("named", ["~/mine.yaml", "{tmp}/home/mine.yaml"])
def test_google_ads_yaml_is_named_by_variable(write, tmp_path, named):
    home = tmp_path / "home"
    home.mkdir()
    (home / "mine.yaml").write_text("developer_token: abc\n", encoding="utf-8")
    env = {
        "HOME": str(home),
        "GOOGLE_ADS_CONFIGURATION_FILE_PATH": named.format(tmp=tmp_path),
    }

    assert write(env=env).access("siam-coffee").developer_token == "abc"


def test_login_customer_is_taken_from_variable_before_google_ads_yaml(write):
    text = one(GA4, "google_ads: {customer_id: 1234567890}")
    file = "login_customer_id: 5555555555\n"

    from_file = write(text, google__ads_dot_yaml=file)
    from_variable = write(text, env={"GOOGLE_ADS_LOGIN_CUSTOMER_ID": "666-666-6666"})

    assert from_file.client().google_ads.login_customer_id == "5555555555"
    assert from_variable.client().google_ads.login_customer_id == "6666666666"
    assert from_variable.client().name == "shop"


def test_clients_own_login_customer_wins(write):
    loaded = write(env={"GOOGLE_ADS_LOGIN_CUSTOMER_ID": "666-666-6666"})

    ads = loaded.client("siam-coffee").google_ads
    assert ads.login_customer_id == "9999999999"


def test_login_customer_that_is_none_is_told_by_its_source(write):
    text = one(GA4, "google_ads: {customer_id: 1234567890}")

    found = message(write, text, env={"GOOGLE_ADS_LOGIN_CUSTOMER_ID": "12"})

    assert found.splitlines()[1] == (
        "  GOOGLE_ADS_LOGIN_CUSTOMER_ID: login_customer_id: '12' is not a Google Ads "
        "customer id (a customer id has ten digits: 123-456-7890)"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("refresh_token: [1", "google-ads.yaml is not a usable YAML file"),
        ("SECRET", "google-ads.yaml holds no keys and values"),
    ],
)
def test_broken_google_ads_yaml_is_not_repeated(write, content, words):
    found = message(write, google__ads_dot_yaml=content)

    assert words in found
    assert "SECRET" not in found
    assert "[1" not in found


def test_google_ads_yaml_that_was_named_must_be_there(write):
    text = "google: {google_ads_yaml: none.yaml}\n" + FULL

    found = message(write, text)

    assert "convbridge.yaml:1:27: " in found
    assert "none.yaml cannot be read: No such file or directory" in found


def test_oauth_is_complete_with_variables(write):
    text = "google: {credentials: oauth, client_id: mine}\n" + FULL
    env = {
        "GOOGLE_ADS_CLIENT_ID": "theirs",
        "GOOGLE_ADS_CLIENT_SECRET": "s",
        "GOOGLE_ADS_REFRESH_TOKEN": "r",
    }

    access = write(text, env=env).access("siam-coffee")

    assert access == GoogleAccess(
        credentials=CredentialsKind.OAUTH,
        client_id="mine",
        client_secret="s",
        refresh_token="r",
        google_ads_login={
            "client_id": "theirs",
            "client_secret": "s",
            "refresh_token": "r",
        },
    )


def test_service_account_is_found_by_its_file(write, tmp_path):
    text = "google: {service_account_file: key.json}\n" + FULL

    access = write(text, key_dot_json="{}").access("siam-coffee")

    assert access.credentials is CredentialsKind.SERVICE_ACCOUNT
    assert access.service_account_file == str(tmp_path / "key.json")


def test_service_account_is_found_by_googles_variable(write, tmp_path):
    text = "google: {credentials: service_account}\n" + FULL
    (tmp_path / "k.json").write_text("{}", encoding="utf-8")
    env = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "k.json")}

    access = write(text, env=env).access("siam-coffee")

    assert access.service_account_file == str(tmp_path / "k.json")


def test_service_account_is_found_by_the_old_name_in_google_ads_yaml(write, tmp_path):
    text = "google: {credentials: service_account}\n" + FULL

    loaded = write(
        text, k_dot_json="{}", google__ads_dot_yaml="path_to_private_key_file: k.json"
    )

    assert loaded.access("siam-coffee").service_account_file == str(tmp_path / "k.json")


@pytest.mark.parametrize(
    ("google", "words"),
    [
        (
            "{credentials: service_account}",
            (
                "1:23: credentials: service_account lacks service_account_file "
                "(add the path of the key file, or set GOOGLE_APPLICATION_CREDENTIALS)"
            ),
        ),
        (
            "{service_account_file: none.json}",
            "1:1: the service account's key file none.json does not exist",
        ),
        (
            "{credentials: oauth, client_id: a}",
            (
                "1:23: credentials: oauth lacks client_secret, refresh_token (add them "
                "here, in google-ads.yaml, or as GOOGLE_ADS_* variables)"
            ),
        ),
    ],
)
def test_credentials_tell_what_they_lack(google, words):
    with pytest.raises(ConfigError) as caught:
        read(f"google: {google}\n{FULL}")

    assert [str(f) for f in caught.value.faults] == [f"convbridge.yaml:{words}"]


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("{env: MY_TOKEN}", id="variable"),
        pytest.param("{file: token.txt}", id="file"),
        pytest.param("{command: cat token.txt}", id="command"),
        pytest.param("{command: [cat, token.txt]}", id="command as a list"),
        pytest.param("{secret_command: cat token.txt}", id="secret_command"),
        pytest.param("the-token", id="text"),
    ],
)
def test_secret_is_read_from_its_place(write, place):
    text = f"google: {{developer_token: {place}}}\n{FULL}"
    env = {"MY_TOKEN": "the-token", "PATH": "/usr/bin:/bin"}

    loaded = write(text, env=env, token_dot_txt="the-token\n")

    assert loaded.access("siam-coffee").developer_token == "the-token"
    assert "the-token" not in repr(loaded)
    assert "the-token" not in repr(loaded.access("siam-coffee"))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (
            "{env: NOT_SET}",
            "the environment variable NOT_SET is empty or not set",
        ),
        ("{file: none.txt}", "the secret's file none.txt cannot be read"),
        ("{file: empty.txt}", "the secret's file empty.txt is empty or not set"),
        (
            "{command: no-such-command --token}",
            "the secret's command 'no-such-command' cannot be run",
        ),
        (
            "{command: cat none.txt}",
            "the secret's command 'cat' ended with exit code 1",
        ),
        (
            "{command: printf ''}",
            "the secret's command 'printf' is empty or not set",
        ),
        (
            "{command: ['printf', 'a SECRET\\nb']}",
            "the secret's command 'printf' printed more than one line",
        ),
        (
            "{command: yes SECRET}",
            "the secret's command 'yes' printed more than one line",
        ),
        (
            "{command: [sh, -c, 'echo SECRET; echo SECRET >&2; exit 3']}",
            "the secret's command 'sh' ended with exit code 3",
        ),
    ],
)
def test_place_without_a_secret_is_told(write, place, words):
    text = f"google: {{developer_token: {place}}}\n{FULL}"
    loaded = write(text, env={"PATH": "/usr/bin:/bin"}, empty_dot_txt=" ")

    with pytest.raises(ConfigError) as caught:
        loaded.access("siam-coffee")

    assert caught.value.message == words
    assert "SECRET" not in str(caught.value.hint)


def test_command_that_hangs_is_given_up(write, monkeypatch):
    monkeypatch.setattr("convbridge.settings.secrets._SECONDS", 0.05)
    # What it started holds its output open, as a vault's agent may.
    command = "[sh, -c, 'sleep 5 & sleep 5']"
    text = f"google: {{developer_token: {{command: {command}}}}}\n{FULL}"
    loaded = write(text, env={"PATH": "/usr/bin:/bin"})
    started = time.monotonic()

    with pytest.raises(ConfigError, match=r"'sh' gave no answer in 0\.05 s"):
        loaded.access("siam-coffee")

    assert time.monotonic() - started < 4


def test_command_is_not_asked_for_a_password(write):
    text = "google: {developer_token: {command: [sh, -c, 'read x; echo none']}}\n"
    loaded = write(text + FULL, env={"PATH": "/usr/bin:/bin"})

    assert loaded.access("siam-coffee").developer_token == "none"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[SECRET]", "expected a secret or its place, found a list"),
        ("{vault: SECRET}", "expected the place of a secret"),
        ("{env: [SECRET]}", "expected the place of a secret"),
        ("{env: A, file: SECRET}", "expected a secret or its place, found a mapping"),
        ("' '", "expected a secret or its place, found text"),
    ],
)
def test_secret_in_a_wrong_form_is_not_repeated(written, words):
    with pytest.raises(ConfigError) as caught:
        read(f"google: {{refresh_token: {written}}}\n{FULL}")

    (fault,) = caught.value.faults
    assert fault.message == f"refresh_token: {words}"
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f"google: SECRET\n{FULL}",
        f"google: {{refresh_tokn: SECRET}}\n{FULL}",
        f"google: {{client_id: [SECRET]}}\n{FULL}",
        f"ledger: SECRET\n{FULL}",
        f"google: {{ga4_endpoint: 'https://u:SECRET@h'}}\n{FULL}",
        f"google: {{refresh_token: SECRET\n{FULL}",
        f"google: {{refresh_token: 'SECRET\n{FULL}",
        f"google: {{refresh_token: !!int SECRET}}\n{FULL}",
    ],
)
def test_secret_in_a_wrong_place_is_not_repeated(text):
    with pytest.raises(ConfigError) as caught:
        read(text)

    error = caught.value
    chain = [str(error), repr(error), str(error.__cause__), str(error.to_dict())]
    assert not [part for part in chain if "SECRET" in part]


def test_settings_show_no_secret(tmp_path):
    text = (
        "ledger: postgresql+psycopg://u:SECRET@h/d\n"
        "google: {credentials: oauth, client_id: a, client_secret: SECRET, "
        "refresh_token: SECRET, developer_token: SECRET}\n"
    ) + FULL

    loaded = parse(text, base=tmp_path, env={"GOOGLE_ADS_REFRESH_TOKEN": "SECRET"})

    assert loaded.ledger.endswith("u:SECRET@h/d")
    assert loaded.access("siam-coffee").refresh_token == "SECRET"
    shown = [repr(loaded), repr(loaded.google), repr(loaded.google_ads_config)]
    shown += [repr(loaded.access("siam-coffee")), loaded.google.model_dump_json()]
    assert not [part for part in shown if "SECRET" in part]


TWO = """\
version: 1
google: {google_ads_yaml: common.yaml}
clients:
  one:
    template: ecommerce
    google: {credentials: oauth, google_ads_yaml: one.yaml}
    ga4: {property_id: "1"}
    google_ads: {customer_id: 1000000001}
  two:
    template: ecommerce
    google: {credentials: oauth}
    ga4: {property_id: "2"}
    google_ads: {customer_id: 1000000002}
"""
LOGIN = """\
client_id: id
client_secret: secret
refresh_token: TOKEN
login_customer_id: LOGIN
"""


def login_file(token, login):
    return LOGIN.replace("TOKEN", token).replace("LOGIN", login)


def test_a_clients_own_google_ads_yaml_is_its_own(write):
    loaded = write(
        TWO,
        env={"GOOGLE_ADS_REFRESH_TOKEN": "everybody's"},
        common_dot_yaml=login_file("common", "9999999999"),
        one_dot_yaml=login_file("ones", "8888888888"),
    )

    assert [
        (
            loaded.access(name).refresh_token,
            str(loaded.client(name).google_ads.login_customer_id),
        )
        for name in ("one", "two")
    ] == [("ones", "8888888888"), ("everybody's", "9999999999")]


def test_a_clients_google_ads_yaml_that_is_missing_is_told_at_its_place(write):
    with pytest.raises(ConfigError) as caught:
        write(TWO, common_dot_yaml=login_file("common", "9999999999"))

    (fault,) = caught.value.faults
    assert "convbridge.yaml:6" in str(fault)
    assert "one.yaml cannot be read" in str(fault)


def test_what_every_client_says_for_itself_needs_no_common_login(write):
    own = TWO.replace("google_ads_yaml: common.yaml", "credentials: service_account")
    own = own.replace("credentials: oauth, google_ads_yaml: one.yaml", KEY)
    own = own.replace("credentials: oauth", KEY)

    loaded = write(own, key_dot_json="{}")

    assert loaded.access("one").service_account_file.endswith("key.json")


KEY = "service_account_file: key.json"
