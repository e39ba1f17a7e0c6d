from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from convbridge.adapters.auth import (
    Scope,
    credentials,
    google_ads_config,
    load_google_ads_yaml,
)
from convbridge.errors import AuthError, ConfigError
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


@pytest.fixture
def yaml_file(tmp_path):
    path = tmp_path / "google-ads.yaml"
    lines = [f"{key}: {value}" for key, value in LOGIN.items()]
    path.write_text("\n".join([*lines, "use_proto_plus: True", "developer_token: d"]))
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


def test_a_google_ads_yaml_logs_in_to_google_ads_only(yaml_file):
    access = GoogleAccess(google_ads_yaml=str(yaml_file))

    assert credentials(access, [Scope.GOOGLE_ADS]).refresh_token == "t0ken"
    with pytest.raises(AuthError):
        credentials(access, [Scope.GA4_READ])


def test_variables_win_over_the_file(yaml_file, monkeypatch):
    monkeypatch.setenv("GOOGLE_ADS_CONFIGURATION_FILE_PATH", str(yaml_file))
    monkeypatch.setenv("GOOGLE_ADS_REFRESH_TOKEN", "newer")

    found = google_ads_config(GoogleAccess())

    assert found == {**LOGIN, "refresh_token": "newer", "developer_token": "d"}


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
    assert Scope.GA4_READ in caught.value.hint


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


@pytest.mark.parametrize(
    "text", ["client_secret: [s3cret", "- s3cret"], ids=["broken", "a-list"]
)
def test_a_bad_google_ads_yaml_is_named_and_not_quoted(tmp_path, text):
    path = tmp_path / "google-ads.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        load_google_ads_yaml(path)

    assert str(path) in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_missing_google_ads_yaml_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_google_ads_yaml(tmp_path / "absent.yaml")


def test_anonymous_needs_nothing():
    access = GoogleAccess(credentials=CredentialsKind.ANONYMOUS)

    assert credentials(access, []).valid
