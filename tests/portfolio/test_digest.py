"""The morning mail: ten lines, in four forms, sent where the configuration says."""

from __future__ import annotations

import base64
import json
import socketserver
import ssl
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from convbridge.adapters.notices import post_webhook, send_mail
from convbridge.bridge import SyncResult
from convbridge.cli.digest import send
from convbridge.cli.session import Session
from convbridge.errors import (
    AuthError,
    ConfigError,
    ConvbridgeError,
    RejectedError,
    UnsafePlanError,
)
from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId
from convbridge.model.policy import Anchor, Scheme
from convbridge.model.quality import Effect, QualityFlag
from convbridge.model.resources import ResourceType
from convbridge.model.values import Valuation
from convbridge.plan import Plan
from convbridge.portfolio import ClientResult, PortfolioResult, Status
from convbridge.portfolio.results import slim
from convbridge.sandbox.tls import Certificate
from convbridge.settings import parse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
WINDOW = DateWindow(start=date(2026, 10, 1), end=date(2026, 10, 30))


def move(event, before, after):
    return Change(
        action=Action.UPDATE,
        type=ResourceType.CONVERSION_ACTION,
        key=f"customers/1/conversionActions/{event}",
        owner="1",
        name=event,
        fields=(
            FieldChange(name="category", before="DEFAULT", after=("a", "b")),
            FieldChange(
                name="value_settings.default_value",
                before=before if before is None else Decimal(before),
                after=Decimal(after),
            ),
        ),
        reason="more of its users bought; intervals widened",
        info={"event": event, "currency": "THB"},
    )


def synced(client, *changes, flags=(), **about):
    plan = Plan(
        client=client,
        account=CustomerId("1234567890"),
        made_at=NOW,
        actual_digest="a",
        desired_digest="d",
        changes=changes,
        kept=3,
    )
    valuation = Valuation(
        client=client,
        currency="THB",
        window=WINDOW,
        horizon_days=7,
        scheme=Scheme.BLEND,
        anchor=Anchor.PRIMARY,
        events=(),
        revenue=Decimal(1000),
        inflation=1.0,
        troas_multiplier=1.0,
        flags=flags,
    )
    value = SyncResult(
        client=client,
        valuation=valuation,
        plan=plan,
        report=None,
        operations=4,
        tokens=20,
    )
    return ClientResult(client=client, value=value, **about)


def auth_error():
    return AuthError(
        "account 123-456-7890: the login expired",
        vendor="google_ads",
        operation="GoogleAdsService.Search",
        hint="log in again",
    )


FROZEN = QualityFlag(
    code="tag_stopped", effect=Effect.FREEZE, reason="purchase stopped on 2026-10-20"
)
NOTED = QualityFlag(code="users_kept", effect=Effect.NOTE, reason="users of Monday")
RESULT = PortfolioResult(
    results=(
        synced("quiet", flags=(NOTED,), delivered={"accepted": 120}),
        synced("mover", move("add_to_cart", "10", "25"), move("view_item", None, "2")),
        synced("worried", flags=(FROZEN,)),
        ClientResult(client="broken", error=auth_error()),
        ClientResult(client="late", left=Status.NOT_BEGUN, reason="the time was over"),
    )
)
TEXT = """\
convbridge, 5 clients: 1 failed, 1 needs attention, 1 planned, 1 not begun, 1 unchanged
! broken failed: account 123-456-7890: the login expired (log in again)
! worried needs attention: purchase stopped on 2026-10-20
left for the next run: late not begun (the time was over)
~ mover view_item: new → 2.00 THB, more of its users bought
~ mover add_to_cart: 10.00 → 25.00 THB, more of its users bought
data trust: tag stopped (1 of 5); delivered since yesterday: 120 accepted
spent: 12 Google Ads operations, 60 GA4 tokens"""


def test_a_run_is_told_most_urgent_first():
    assert str(RESULT.digest()) == TEXT


@pytest.mark.parametrize("left", [0, 50])
def test_no_run_takes_more_than_ten_lines(left):
    late = {"left": Status.NOT_BEGUN, "reason": "the time was over"}
    busy = {"left": Status.BUSY, "reason": "run 1 is on it"}
    results = [
        *(ClientResult(client=f"l{i}", **late) for i in range(left)),
        *(ClientResult(client="busy", **busy) for _ in range(bool(left))),
        *(ClientResult(client=f"b{i}", error=auth_error()) for i in range(50)),
        *(synced(f"m{i}", move("lead", "1", str(2 + i))) for i in range(50)),
    ]

    lines = str(PortfolioResult(results=tuple(results)).digest()).splitlines()

    assert len(lines) == 10
    assert lines[4] == (
        "left for the next run: 50 clients not begun (the time was over), "
        "busy busy (run 1 is on it)"
        if left
        else "  and 47 more"
    )
    assert lines[5].startswith("~ m49 lead: 1.00 → 51.00 THB")


@pytest.mark.parametrize("how", ["markdown", "html", "json"])
def test_every_form_says_the_same(how):
    digest = RESULT.digest()

    text = digest.render(how)

    for fact in ("broken", "the login expired", "worried", "25", "120", "late"):
        assert fact in text.replace("\\", "")
    if how == "json":
        assert json.loads(text) == digest.to_dict()


def test_a_strangers_name_is_only_text():
    name = "<script>x</script>|*\n# boo"
    digest = PortfolioResult(results=(synced("c", move(name, "1", "2")),)).digest()

    assert "<script>" not in digest.render("html")
    assert "\\<script\\>" in digest.render("markdown")
    assert len(digest.render("text").splitlines()) == 4


@pytest.mark.parametrize("how", ["markdown", "html"])
def test_every_client_that_did_anything_stands_in_the_table(how):
    text = RESULT.digest().render(how)

    rows = [
        line for line in text.replace("</tr>", "\n").splitlines() if "planned" in line
    ]
    assert len(rows) == 2  # the headline, and the client
    assert "mover" in rows[1]
    assert text.count("quiet") == 1  # for its delivery


def test_a_thousand_clients_make_a_table_of_a_hundred():
    results = tuple(
        ClientResult(client=f"b{i}", error=auth_error()) for i in range(999)
    )

    text = PortfolioResult(results=results).digest().render("html")

    assert text.count("<td>b") == 100


def test_what_google_said_of_the_first_operation_is_told():
    error = RejectedError(
        "2 of 3 operations were refused",
        vendor="google_ads",
        operation="ConversionActionService.MutateConversionActions",
        reasons=("add_to_cart: the value is too large", "view_item: as above"),
        hint="lower it",
    )

    (line,) = (
        PortfolioResult(results=(ClientResult(client="c", error=error),)).digest().lines
    )

    assert line.says == (
        "2 of 3 operations were refused: add_to_cart: the value is too large (lower it)"
    )


def test_of_a_list_of_faults_the_first_is_told():
    error = UnsafePlanError(
        "the plan for c goes beyond its limits:\n  - lead moves to 900\n  - 60 changes",
        hint="read it",
    )
    result = ClientResult(client="c", error=error, operations=3, tokens=7)

    digest = PortfolioResult(results=(result,)).digest()

    assert digest.lines[0].says == (
        "the plan for c goes beyond its limits: lead moves to 900 (and 1 more) "
        "(read it)"
    )
    assert str(digest).endswith("spent: 3 Google Ads operations, 7 GA4 tokens")


def test_what_is_kept_of_a_result_gives_the_same_digest():
    kept = PortfolioResult(results=tuple(map(slim, RESULT)))

    assert kept.digest() == RESULT.digest()


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a client says."""

    def handle(self):
        self.say("220 stub")
        while line := self.rfile.readline():
            word = line.split()[0].upper()
            if word == b"EHLO" and self.server.tls:
                self.say("250-stub\r\n250-STARTTLS\r\n250 AUTH PLAIN")
                continue
            if word == b"STARTTLS":
                self.say("220 go on")
                self.connection = self.server.tls.wrap_socket(
                    self.connection, server_side=True
                )
                self.setup_files()
                continue
            if word == b"AUTH":
                self.server.logins.append((line, type(self.connection)))
                self.say("235 welcome")
                continue
            if word == b"DATA":
                self.say("354 go on")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            elif word == b"RCPT" and b"nobody@" in line:
                self.say("550 nobody@example.com is unknown")
                continue
            self.say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return

    def setup_files(self):
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def finish(self):
        super().finish()
        self.connection.close()

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append(json.loads(body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def serving():
    running = []

    def start(server, **about):
        vars(server).update(about)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def mailbox(serving):
    server = socketserver.TCPServer(("127.0.0.1", 0), Mailbox)
    return serving(server, mails=[], logins=[], tls=None)


@pytest.fixture
def hook(serving):
    return serving(HTTPServer(("127.0.0.1", 0), Hook), posts=[], status=200)


def mail(mailbox, *to):
    digest = RESULT.digest()
    send_mail(
        host="127.0.0.1",
        port=mailbox.server_address[1],
        sender="convbridge@example.com",
        to=to,
        subject="two\nlines",
        text=str(digest),
        html=digest.render("html"),
        starttls=False,
    )


def test_the_digest_is_mailed_as_text_and_html(mailbox):
    mail(mailbox, "anna@example.com", "ben@example.com")

    (raw,) = mailbox.mails
    found = message_from_bytes(raw, policy=default)
    assert found["To"] == "anna@example.com, ben@example.com"
    assert found["Subject"] == "two lines"
    text = found.get_body(["plain"]).get_content().replace("\r\n", "\n")
    assert text.strip() == TEXT
    assert "<table>" in found.get_body(["html"]).get_content()


SENT_TO_PEOPLE = """\
version: 1
digest:
  email:
    host: localhost
    port: PORT
    from: convbridge@example.com
    to: [anna@example.com]
    user: convbridge
    password: {secret_command: printf hush}
  webhook:
    url: http://127.0.0.1:HOOK/hook
clients:
  one: {template: ecommerce, ga4: {property_id: "1"}}
"""


@pytest.fixture
def certificate(monkeypatch):
    made = Certificate.make()
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    yield made
    made.remove()


def test_the_digest_goes_where_the_configuration_says(
    mailbox, hook, certificate, tmp_path
):
    (tmp_path / "key.pem").write_bytes(certificate.key)
    mailbox.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mailbox.tls.load_cert_chain(certificate.path, tmp_path / "key.pem")
    text = SENT_TO_PEOPLE.replace("PORT", str(mailbox.server_address[1]))
    text = text.replace("HOOK", str(hook.server_port))
    settings = parse(text, base=tmp_path, env={"PATH": "/usr/bin:/bin"})
    session = Session()

    send(session, settings, RESULT.digest())

    assert session.exit_code == 0
    ((login, connection),) = mailbox.logins
    assert base64.b64decode(login.split()[2]) == b"\0convbridge\0hush"
    assert connection is ssl.SSLSocket
    (raw,) = mailbox.mails
    found = message_from_bytes(raw, policy=default)
    assert found["Subject"] == TEXT.splitlines()[0]
    assert hook.posts == [{"text": TEXT.replace("&", "&amp;")}]


def test_nothing_is_sent_when_nothing_is_said(mailbox, hook, tmp_path):
    head, _, tail = SENT_TO_PEOPLE.partition("digest:")
    text = f"{head}clients:{tail.partition('clients:')[2]}"
    session = Session()

    send(session, parse(text, base=tmp_path, env={}), RESULT.digest())

    assert (session.exit_code, mailbox.mails, hook.posts) == (0, [], [])


def test_a_mail_that_is_refused_is_told_without_addresses(mailbox):
    with pytest.raises(ConvbridgeError, match="not mailed to 1 of 2") as caught:
        mail(mailbox, "anna@example.com", "nobody@example.com")

    assert "nobody@" not in str(caught.value)


def test_the_digest_is_posted_in_slacks_form(hook):
    post_webhook(f"http://127.0.0.1:{hook.server_port}/hook", "a < b & c")

    assert hook.posts == [{"text": "a &lt; b &amp; c"}]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_does_not_take_it_is_told_without_its_url(hook, status):
    hook.status = status

    with pytest.raises(ConvbridgeError, match=f"answered {status}") as caught:
        post_webhook(f"http://127.0.0.1:{hook.server_port}/secret-hook", "text")

    assert "secret-hook" not in str(caught.value)
    assert len(hook.posts) == 1


def test_a_webhook_is_encrypted():
    with pytest.raises(ConfigError, match="https"):
        post_webhook("http://hooks.example.com/x", "text")
