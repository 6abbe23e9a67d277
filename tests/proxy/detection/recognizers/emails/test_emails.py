import time

import pytest
from promised import matches

from proxy.detection.recognizers.emails import RECOGNIZER


def found(text: str) -> set[str]:
    return {match.value for match in matches(RECOGNIZER, text)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("write to Jane.Doe@Acme-Corp.io.", "jane.doe@acme-corp.io"),
        ("jane+tag@mail.acme.co.uk", "jane+tag@mail.acme.co.uk"),
        ("mailto:jane@acme.io?subject=hi", "jane@acme.io"),
        ("Author: Jane <jane@acme.io>", "jane@acme.io"),
        ('{"email":"jane@acme.io"}', "jane@acme.io"),
        ("email=jane@acme.io&x=1", "jane@acme.io"),
        ("GET /unsubscribe?u=mireille.tanguy@orange.fr&c=1", "mireille.tanguy@orange.fr"),
        ("jane@acme.io,jo@acme.io", "jo@acme.io"),
        ("o'brien@acme.ie", "o'brien@acme.ie"),
        ("'jane@acme.io'", "jane@acme.io"),
        ("(jane@acme.io)", "jane@acme.io"),
        ("see jane@acme.io.Then", "jane@acme.io"),
        ("müller@bücher.de", "müller@bücher.de"),
        ("jane@xn--bcher-kva.de", "jane@xn--bcher-kva.de"),
        ("用户@例子.公司", "用户@例子.公司"),
        ("jane_doe1992@gmail.com", "jane_doe1992@gmail.com"),
        ("j@acme.museum", "j@acme.museum"),
        ('"jane doe"@acme.io', '"jane doe"@acme.io'),
        ("jane@acme.io:hunter2", "jane@acme.io"),
        ("info@dalymarine.ie", "info@dalymarine.ie"),
        ("accounts@kinsella-roche.ie", "accounts@kinsella-roche.ie"),
        ("jane.doe@corp.local", "jane.doe@corp.local"),
        ("smtp://jane%40acme.io:pw@relay and jane@acme.io", "jane@acme.io"),
        ("https://x.io/login?mail=jane@acme.io", "jane@acme.io"),
        ("https://jane@acme.io:pw@smtp.acme.io/", "jane@acme.io"),
        ("sip:jane@acme.io", "jane@acme.io"),
        ("JANE@ACME.IO", "jane@acme.io"),
        ("reply to jane@acme.io\\nThanks", "jane@acme.io"),
        ("ssh is broken, tell jane@acme.io", "jane@acme.io"),
        ("dana@noreply-labs.io", "dana@noreply-labs.io"),
    ],
)
def test_addresses_are_found_wherever_they_stand(text: str, value: str) -> None:
    assert value in found(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("jane at acme dot com", "jane@acme.com"),
        ("jane [at] acme [dot] co [dot] uk", "jane@acme.co.uk"),
        ("jane(at)acme.com", "jane@acme.com"),
        ("jane.doe AT acme DOT com", "jane.doe@acme.com"),
        ("jane dot doe at acme dot com", "jane.doe@acme.com"),
        ("jdoe_at_acme_dot_com", "jdoe@acme.com"),
        ("jane <at> acme <dot> org", "jane@acme.org"),
        ("jane {at} acme.de", "jane@acme.de"),
        ("jane (ät) firma (punkt) de", "jane@firma.de"),
        ("marta arroba correo punto es", "marta@correo.es"),
        ("marco chiocciola posta punto it", "marco@posta.it"),
        ("jane @ acme.com", "jane@acme.com"),
        ("jane@ acme.com", "jane@acme.com"),
        ("jane @acme.com", "jane@acme.com"),
        ("jane@acme (dot) com", "jane@acme.com"),
        ("mail me: sales at acme dot com", "sales@acme.com"),
        ("jane[@]acme[.]com", "jane@acme.com"),
    ],
)
def test_addresses_that_are_written_out_are_found(text: str, value: str) -> None:
    assert value in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com",
        "jane@mail.example.org",
        "a@b.test and a@b.invalid and a@localhost",
        "jane@example",
        "foo@bar.com",
        "you@yourcompany.com",
        "name@domain.com",
        "your.email@company.com",
        "test@test.com",
        "git@github.com:a/b",
        "root@host.acme.io",
        "user@localhost",
        "deploy@10.0.0.1",
        "ssh jane@bastion.acme.io",
        "ssh -i key.pem -p 2222 ubuntu@ec2-1-2-3-4.compute.amazonaws.com",
        "scp a.txt jane@acme.io:/tmp/",
        "rsync -av ./x jane@acme.io:~/x",
        "sftp jane@acme.io",
        "jane@acme.io:/srv/data",
        "postgres://app:secret@db.acme.io:5432/x",
        "https://oauth2:token123@gitlab.acme.io/a/b.git",
        "https://jane@bitbucket.org/team/repo.git",
        "mongodb+srv://crawler:b%40rnOwl77@cluster0.q8vzt.mongodb.net/pages",
        "npm i @scope/pkg @babel/core@7.24.0",
        "lodash@4.17.21",
        "react-dom@18.2.0(react@18.2.0)",
        "pkg@2.0.0-alpha.dev",
        "actions/checkout@v4.info",
        "golang.org/x/tools@v0.1.12",
        "nginx@sha256:abc.def",
        "com.acme:lib:1.0@aar",
        "@app.get('/x')",
        "    @pytest.mark.slow",
        "icon@2x.png and icon@3x.jpg",
        "getty@tty1.service",
        "this@MainActivity.name",
        "y = x@w.to(device)",
        "A@B.T",
        "po/sr@latin.mo",
        "locale/ca@valencia.py",
        "noreply@github.com",
        "no-reply@accounts.acme.io",
        "donotreply@acme.io",
        "49699333+dependabot[bot]@users.noreply.github.com",
        "12345+jane@users.noreply.github.com",
        "Co-Authored-By: Claude <noreply@anthropic.com>",
        "mailer-daemon@acme.io",
        "python-dev@python.org",
        "linux-kernel@vger.kernel.org",
        "dev@spark.apache.org",
        "team@googlegroups.com",
        "etl@plum-4471.iam.gserviceaccount.com",
        "j***@gmail.com",
        "@jane@mastodon.social",
        "https://medium.com/@jane.doe",
        "https://www.google.com/maps/@51.5,-0.1",
        "meet at noon dot",
        "look at github dot com",
        "I work at acme.com",
        "14 x armrest set @ 42.50 = 595.00",
        "lunch @ noon",
        "meet @ acme.com",
        "Use of @declared_attr.cascading only applies",
        "res == 110\n\n\n@pytest.mark.slow\n@pytest.mark.xfail",
        "the price at 5 dot 3",
        "date.emailexamplescustomer@example.comphone",
        "commit a@{upstream}",
        "HEAD@{1}",
        "user@host",
        "name@",
        "@",
        "svc@acme.svc.cluster.local",
    ],
)
def test_what_only_looks_like_an_address_is_left_alone(text: str) -> None:
    assert found(text) == set()


def test_a_mailbox_of_a_role_is_less_certain_than_one_of_a_person() -> None:
    (role,), (person,) = list(RECOGNIZER.find("info@acme.io")), list(RECOGNIZER.find("jane.doe@acme.io"))
    assert role.score < person.score


def test_the_span_is_the_address_alone() -> None:
    text = "Write to <jane@acme.io>, please."
    ((start, end),) = [(match.start, match.end) for match in RECOGNIZER.find(text)]
    assert text[start:end] == "jane@acme.io"


@pytest.mark.parametrize(
    "piece", ["@", "a@", "a@a.", "a.a@a.a ", "a@b.com ", " at ", "a at b dot ", "[at]", "@ ", "x" * 70 + "@"]
)
def test_long_runs_cost_no_more_than_their_length(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    started = time.process_time()
    list(RECOGNIZER.find(text))
    assert time.process_time() - started < 4
