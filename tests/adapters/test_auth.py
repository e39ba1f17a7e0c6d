from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from convbridge.adapters.auth import credentials
from convbridge.adapters.scopes import Scope
from convbridge.errors import AuthError
from convbridge.model.access import CredentialsKind, GoogleAccess

LOGIN = {"client_id": "id", "client_secret": "s3cret", "refresh_token": "t0ken"}


@pytest.fixture(autouse=True)
def no_google_variables(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith(("GOOGLE_", "CLOUDSDK_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def key_file(tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    info = {
        "type": "service_account",
        "client_email": "bridge@example.com",
        "private_key": pem.decode(),
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    path = tmp_path / "key.json"
    path.write_text(json.dumps(info))
    return path


def test_oauth_takes_the_login_of_the_configuration():
    access = GoogleAccess(credentials=CredentialsKind.OAUTH, **LOGIN)

    found = credentials(access, [Scope.GA4_READ])

    assert (found.client_id, found.refresh_token, found.scopes) == (
        "id",
        "t0ken",
        [Scope.GA4_READ],
    )


def test_oauth_without_a_login_names_what_is_missing():
    access = GoogleAccess(credentials=CredentialsKind.OAUTH, client_id="id")

    with pytest.raises(AuthError) as caught:
        credentials(access, [Scope.GA4_READ])

    assert caught.value.message == (
        "oauth credentials lack client_secret, refresh_token"
    )


def test_a_google_ads_yaml_logs_in_to_google_ads_only():
    access = GoogleAccess(google_ads_login=LOGIN)

    assert credentials(access, [Scope.GOOGLE_ADS]).refresh_token == "t0ken"
    with pytest.raises(AuthError):
        credentials(access, [Scope.GA4_READ])


def test_a_clients_own_login_is_not_replaced_by_variables(monkeypatch):
    monkeypatch.setenv("GOOGLE_ADS_REFRESH_TOKEN", "everybody's")

    found = credentials(GoogleAccess(google_ads_login=LOGIN), [Scope.GOOGLE_ADS])

    assert found.refresh_token == "t0ken"


def test_a_google_ads_yaml_may_ask_for_application_default_credentials(
    key_file, monkeypatch
):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file))
    said = LOGIN | {"use_application_default_credentials": "True"}

    found = credentials(GoogleAccess(google_ads_login=said), [Scope.GOOGLE_ADS])

    assert found.service_account_email == "bridge@example.com"


def test_a_google_ads_yaml_names_a_key_file_and_whom_it_acts_for(key_file):
    said = {"json_key_file_path": str(key_file), "impersonated_email": "a@example.com"}

    found = credentials(GoogleAccess(google_ads_login=said), [Scope.GOOGLE_ADS])

    assert found._subject == "a@example.com"


def test_a_service_account_gets_its_scopes_and_quota_project(key_file):
    access = GoogleAccess(
        credentials=CredentialsKind.SERVICE_ACCOUNT,
        service_account_file=str(key_file),
        quota_project_id="project",
    )

    found = credentials(access, [Scope.GA4_READ])

    assert (found.service_account_email, found.scopes, found.quota_project_id) == (
        "bridge@example.com",
        [Scope.GA4_READ],
        "project",
    )


def test_adc_honours_google_application_credentials(key_file, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file))

    found = credentials(GoogleAccess(), [Scope.GA4_READ])

    assert found.service_account_email == "bridge@example.com"


def test_missing_adc_says_how_to_log_in():
    with pytest.raises(AuthError) as caught:
        credentials(GoogleAccess(), [Scope.GA4_READ])

    assert "gcloud auth application-default login" in caught.value.hint
    # A login replaces the one before: the command has the scopes of every verb.
    assert [scope for scope in Scope if scope not in caught.value.hint] == []


@pytest.mark.parametrize(
    "text", ['{"type": "s3cret"}', "s3cret", "[]"], ids=["other", "no-json", "list"]
)
def test_a_bad_key_file_is_named_and_not_quoted(tmp_path, text):
    path = tmp_path / "key.json"
    path.write_text(text)
    access = GoogleAccess(
        credentials=CredentialsKind.SERVICE_ACCOUNT, service_account_file=str(path)
    )

    with pytest.raises(AuthError) as caught:
        credentials(access, [Scope.GA4_READ])

    assert str(path) in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_anonymous_needs_nothing():
    access = GoogleAccess(credentials=CredentialsKind.ANONYMOUS)

    assert credentials(access, []).valid


@pytest.fixture
def gcloud_login(tmp_path, monkeypatch):
    path = tmp_path / "adc.json"
    path.write_text(json.dumps({"type": "authorized_user", **LOGIN}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))


@pytest.mark.parametrize(
    ("kind", "scope", "login"),
    [
        pytest.param("oauth", Scope.GA4_READ, {}, id="oauth"),
        pytest.param("service_account", Scope.GA4_READ, {}, id="service account"),
        pytest.param("adc", Scope.GA4_READ, {}, id="a person's login"),
        pytest.param("adc", Scope.GOOGLE_ADS, LOGIN, id="google-ads.yaml"),
    ],
)
def test_tokens_come_from_the_endpoint_of_the_configuration(
    kind, scope, login, key_file, gcloud_login
):
    access = GoogleAccess(
        credentials=CredentialsKind(kind),
        token_endpoint="http://127.0.0.1:8704",
        service_account_file=str(key_file),
        google_ads_login=login,
        **(LOGIN if kind == "oauth" else {}),
    )

    found = credentials(access, [scope])

    assert found._token_uri == "http://127.0.0.1:8704/token"
