"""User, password and token of an address: refused in settings, and written nowhere."""

import io
import json
import os
import random
import ssl
import string
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from huggingface_hub import constants

from sign2text.config.keys import parse_yaml
from sign2text.config.project import Project
from sign2text.fetching.download import download
from sign2text.fetching.hub_listing import ask_hub
from sign2text.ground.addresses import check_address, fill_in, masked, secrets_in, shown
from sign2text.ground.errors import InputError
from sign2text.ground.query_secrets import looks_random
from sign2text.ground.settings import find_problems
from sign2text.lineage.provenance_file import without_places
from sign2text.sharing import publish as publishing
from sign2text.stages import fetch_model
from sign2text.stages.acquire_corpus import Config

sys.path.insert(0, str(Path(__file__).parent))
from attacks import tree
from file_server import head, speaking

SECRET = "s3cr3tW0rdThatNobodyMaySee"
SIGNED = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={SECRET}"
LOGINS = [
    f"https://me:{SECRET}@example.org/a.tar",
    f"https://{SECRET}@example.org/a.tar",
    f"https://:{SECRET}@example.org/a.tar",
    f"https://me:{SECRET}@[::1]:80/a.tar",
    f"http://me:x@{SECRET}@example.org/a.tar",
    # Unescaped / ? # in the password make the user look like the host.
    f"https://me:12/{SECRET}@example.org/a.tar",
    f"https://me:12?{SECRET}@example.org/a.tar",
    f"https://me:a/{SECRET}@example.org/a.tar",
    f"https://me#{SECRET}@example.org/a.tar",
    f"https:///me:{SECRET}@example.org/a.tar",
    f"https://${{ME}}:{SECRET}@example.org/a.tar",
    "https://${ME}:${WORD}@example.org/a.tar",
]
KEYS = """token access_token accessToken auth_token api_key apikey key sig Signature PASSWORD passwd
pwd auth jwt session_id X-Amz-Credential x-goog-signature %74oken client_secret AWSAccessKeyId"""
QUERIES = [
    *[f"https://example.org/a.tar?v=2&{key}={SECRET[:6]}" for key in KEYS.split()],
    f"https://example.org/a.tar?{SIGNED}",
    f"https://example.org/a.tar?x={SECRET}",
    f"https://example.org/a.tar?{SECRET}",
    f"https://example.org/a.tar?{SECRET}=1",
    f"https://example.org/a.tar?a=1;token={SECRET}",
    f"https://example.org/a.tar;jsessionid={SECRET}?v=1",
    f"https://example.org/a;token={SECRET}/b.tar",
    f"https://example.org/a.tar#access_token={SECRET}",
    f"https://example.org/a.tar?x=${{A}}{SECRET}",
    "https://example.org/a.tar?id=123e4567-e89b-12d3-a456-426614174000",
]
ODD = [
    f"ftp://me:{SECRET}@example.org/a.tar",
    f"https:me:{SECRET}@example.org/a.tar",
    f"me:{SECRET}@example.org/a.tar",
    f"HTTPS://me:{SECRET}@example.org/a.tar",
    f"https://me:{SECRET} word@example.org/a.tar",
    f'https://me:"{SECRET}@example.org/a.tar',
    f"https://me:\\{SECRET}@example.org/a.tar",
    f"https://me:{SECRET}@exämple.org/a.tar",
    "https://",
    "https://:80/a",
    "https://a.org:port/a",
    "https://a.org:99999/a",
    "https://a%2eorg/a",
    "https://[::1/a",
    "https://a.org/${}",
    "https://a.org/${1A}",
    "https://a.org/${A",
    "https://a.org/" + "x" * 9000,
]
HONEST = [
    "https://www-i6.informatik.rwth-aachen.de/ftp/pub/phoenix/phoenix-2014-T.v3.tar.gz",
    "http://127.0.0.1:8000/corpus.tar.gz",
    "http://localhost/a@2.tar",
    "http://server/corpus.tar",
    "https://zenodo.org/records/1234567/files/corpus.zip?download=1",
    "https://example.org/fullFrame210x260px.tar?file=fullFrame-210x260px.tar.gz&version=2014-T.v3",
    "https://example.org/get?path=corpora/csl-daily-frames-512x512.tar.gz_00&mirror=eu-west-1",
    "https://data.org/file?persistentId=doi:10.7910/DVN/ABC123&tokenizer=spm",
    "https://data.org/file?sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "https://cdn.example.org/@team/corpus@1.2/a.tar?author=me@example.org",
    "https://example.org/s/${SHARE}/download?token=${TOKEN}&X-Amz-Signature=${SIGNATURE}",
    "https://${HOST}:${PORT}/a.tar?${SAS}",
    "https://example.org/a%20b.zip",
]


@pytest.mark.parametrize("address", LOGINS)
def test_user_and_password_are_refused_in_settings(address: str) -> None:
    (told,) = find_problems(Config, {"address": address}, "acquire_corpus", partial=True)
    assert "acquire_corpus.address: found " in told
    assert "expected an address without user and password" in told and "~/.netrc" in told
    assert SECRET not in told and "12" not in told


@pytest.mark.parametrize("address", QUERIES)
def test_a_secret_in_the_query_is_refused_in_settings(address: str) -> None:
    (told,) = find_problems(Config, {"address": address}, "acquire_corpus", partial=True)
    assert "expected no secret in the address" in told and "write ${NAME} in its place" in told
    assert SECRET[:6] not in told and "123e4567" not in told


@pytest.mark.parametrize("address", ODD)
def test_what_is_no_address_is_refused_without_showing_it(address: str) -> None:
    (told,) = find_problems(Config, {"address": address}, "acquire_corpus", partial=True)
    assert "expected" in told and SECRET not in told and len(told) < 1500


@pytest.mark.parametrize("address", HONEST)
def test_honest_addresses_are_taken(address: str) -> None:
    check_address(address)
    assert Config(address=address).address == address
    assert secrets_in(address) == []


def test_random_values_are_told_from_names() -> None:
    draw = random.Random(3)
    letters = string.ascii_letters + string.digits
    drawn = ["".join(draw.choices(letters, k=size)) for size in (20, 32, 43) for _ in range(200)]
    drawn += ["".join(draw.choices("0123456789abcdef", k=32)) for _ in range(200)]
    drawn += [str(uuid.UUID(int=draw.getrandbits(128))) for _ in range(200)]
    assert sum(map(looks_random, drawn)) > 0.95 * len(drawn)
    names = [path.name for path in Path(os.__file__).parent.rglob("*.py")]
    assert sum(map(looks_random, names)) < 0.001 * len(names)


def test_the_whole_configuration_is_refused_before_anything_is_made() -> None:
    config = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())
    config["datasets"]["mine"] = {
        "adapter": "table",
        "language": "de",
        "stages": {"acquire_corpus": {"address": LOGINS[0]}},
    }
    with pytest.raises(InputError, match=r"datasets\.mine\.stages\.acquire_corpus\.address") as e:
        Project(config)
    assert SECRET not in str(e.value)
    with pytest.raises(InputError, match="is not YAML") as e:
        parse_yaml(f"address: {LOGINS[0]}: x\n  - y", "config.yaml")
    assert SECRET not in str(e.value)


@pytest.mark.parametrize("address", [*LOGINS, *QUERIES, *ODD])
def test_what_is_shown_or_noted_holds_no_secret(address: str) -> None:
    noted = json.dumps(without_places({"address": address, "more": [{"at": address}]}))
    if "://" in address:
        assert SECRET not in noted and SECRET not in shown(address)
        assert shown(shown(address)) == shown(address)
    if not set(address) & set(' "\\'):
        assert "://" not in address or SECRET not in masked(f"GET '{address}', failed")


@pytest.mark.parametrize("address", [*LOGINS[:-1], *QUERIES])
def test_records_with_such_an_address_are_not_published(tmp_path: Path, address: str) -> None:
    record = tmp_path / "record"
    settings = json.dumps({"address": address}, separators=(",", ":"))
    said = f"python -m x --settings '{settings}' --log x"
    record.write_text(json.dumps({"shellcmd": said, "params": [repr(settings)]}))
    with pytest.raises(InputError, match="holds a user, password or token in the address") as e:
        publishing._check_places([record])
    assert str(record) in str(e.value) and SECRET[:6] not in str(e.value)
    record.write_text(json.dumps({"settings": {"address": address}}))
    with pytest.raises(InputError, match="would carry it to all others"):
        publishing._check_places([record])


@pytest.mark.parametrize("address", HONEST)
def test_records_with_honest_addresses_are_published(tmp_path: Path, address: str) -> None:
    record = tmp_path / "record"
    record.write_text(json.dumps({"shellcmd": f"x '{address}' y", "seed": 1, "at": None}))
    publishing._check_places([record])


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TOKEN": "x"}, "the environment has no variable SIGN2TEXT_TOKEN"),  # not any variable
        ({}, "the environment has no variable SIGN2TEXT_TOKEN"),
        ({"SIGN2TEXT_TOKEN": ""}, "the environment has no variable SIGN2TEXT_TOKEN"),
        ({"SIGN2TEXT_TOKEN": f"{SECRET} x"}, "the variable SIGN2TEXT_TOKEN has characters"),
        ({"SIGN2TEXT_TOKEN": f"{SECRET}\r\nX: y"}, "the variable SIGN2TEXT_TOKEN has characters"),
        ({"SIGN2TEXT_TOKEN": f"me:{SECRET}@evil.org"}, "without user and password"),
    ],
)
def test_what_the_environment_lacks_is_said(environment: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as error:
        fill_in("https://${TOKEN}/a.tar?v=1", environment)
    assert said in str(error.value) and "https://${TOKEN}/a.tar" in str(error.value)
    assert SECRET not in str(error.value)


def test_without_an_environment_nothing_is_filled_in(tmp_path: Path) -> None:
    """A hub's listing may not use variables."""
    with pytest.raises(InputError, match=r"expected no \$\{NAME\}"):
        download("http://127.0.0.1/${HOME}/x", tmp_path / "x")


def corpus() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("clips.csv", "a.mp4"):
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"text"))
    return buffer.getvalue()


@pytest.mark.parametrize("answers", ["well", "with an error", "with a redirect", "with a break"])
def test_what_the_environment_filled_in_is_written_nowhere(tmp_path: Path, answers: str) -> None:
    """The whole stage: its log, provenance, lock and files; the server echoes every request."""
    asked, content = [], corpus()

    def script(request: str) -> Iterator[bytes]:
        path = request.split()[1]
        asked.append(path)
        if answers == "with an error":
            yield head(f"HTTP/1.1 404 {path} {SECRET}", "Content-Length: 0")
        elif answers == "with a redirect":
            yield head("HTTP/1.1 302 Found", f"Location: ftp://example.org/{SECRET}{path}")
        elif answers == "with a break" and len(asked) == 1:
            yield head("HTTP/1.1 200 OK", 'ETag: "1"', f"Content-Length: {len(content)}")
            yield content[:100]
        else:
            yield head("HTTP/1.1 200 OK", 'ETag: "1"', f"Content-Length: {len(content)}")
            yield content

    output = tmp_path / "resources/mine/checksums.tsv"
    with speaking(script) as address:
        settings = {"adapter": "table", "address": address + "/${PLACE}/a.tar?token=${WORD}&v=1"}
        command = [sys.executable, "-m", "sign2text.stages.acquire_corpus", "--table", "clips.csv"]
        command += ["--output", str(output), "--settings", json.dumps(settings)]
        command += ["--log", str(tmp_path / "log"), "--outputs", str(output), "--provenance"]
        done = subprocess.run(
            [*command, str(output.parent / "acquire_corpus.provenance.json")],
            cwd=tmp_path,
            env=os.environ | {"SIGN2TEXT_WORD": SECRET, "SIGN2TEXT_PLACE": "hiddenplace"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert f"/hiddenplace/a.tar?token={SECRET}&v=1" in asked[0]
    well = answers in ("well", "with a break")
    assert done.returncode == (0 if well else 2), done.stderr
    assert f"fetching {address}/${{PLACE}}/a.tar\n" in done.stderr
    written = json.dumps({name: repr(each) for name, each in tree(tmp_path).items()})
    for text in (done.stdout + done.stderr, written):
        assert SECRET not in text and "hiddenplace" not in text
    if well:
        assert output.exists()
        place = output.parent / "acquire_corpus.provenance.json"
        assert json.loads(place.read_text())["settings"]["address"] == f"{address}/${{PLACE}}/a.tar"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate of this machine's names, and its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [*command, *names, "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def tls(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., ssl.SSLContext]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


BASIC = "Authorization: Basic "


def fetch(address: str, folder: Path) -> None:
    download(address, folder / "x", retries=0, environment=os.environ)


def test_netrc_is_for_its_own_host_over_https(
    tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def there(request: str) -> Iterator[bytes]:
        asked.append(request)
        yield head("HTTP/1.1 200 OK", "Content-Length: 2") + b"ok"

    def away(request: str) -> Iterator[bytes]:
        asked.append(request)
        targets = {"/1": f"{other}/x", "/2": other.replace("127.0.0.1", "localhost"), "/3": "/x"}
        path = request.split()[1]
        if path in targets:
            yield head("HTTP/1.1 302 Found", f"Location: {targets[path]}")
        else:
            yield head("HTTP/1.1 200 OK", "Content-Length: 2") + b"ok"

    with speaking(there, tls) as other, speaking(away, tls) as own, speaking(there) as plain:
        # Another port or name is another host; the same host gets the credentials again.
        for path, sent in (("/0", [True]), ("/1", [True, False]), ("/2", [True, False])):
            asked.clear()
            fetch(own + path, tmp_path)
            assert [BASIC in request for request in asked] == sent
            (tmp_path / "x").unlink()
        asked.clear()
        fetch(own + "/3", tmp_path)
        assert [BASIC in request for request in asked] == [True, True]
        (tmp_path / "x").unlink()
        asked.clear()
        fetch(plain, tmp_path)
        assert BASIC not in asked[0], "sent without encryption"
        # Neither without an environment, nor by an entry for all hosts.
        for change in ({"environment": None}, {"netrc": f"default login me password {SECRET}\n"}):
            (tmp_path / "x").unlink()
            asked.clear()
            if "netrc" in change:
                (tmp_path / "netrc").write_text(change["netrc"])
            environment = change.get("environment", os.environ)
            download(f"{own}/0", tmp_path / "x", retries=0, environment=environment)
            assert BASIC not in asked[0]


def test_https_stays_https(tls: ssl.SSLContext, tmp_path: Path) -> None:
    asked = []
    with speaking(lambda request: asked.append(request) or []) as plain:

        def away(_: str) -> Iterator[bytes]:
            yield head("HTTP/1.1 302 Found", f"Location: {plain}/{SECRET}?token={SECRET}")

        with speaking(away, tls) as own, pytest.raises(InputError) as error:
            fetch(f"{own}/a", tmp_path)
    assert "expected that https stays https" in str(error.value)
    assert SECRET not in str(error.value) and asked == []


@pytest.mark.parametrize(
    ("text", "line"),
    [(f"machine a.org login me {SECRET} x\n", ", line "), (f"{SECRET}\n", ", line "), ("\0", "")],
)
def test_a_netrc_that_is_none_is_refused_without_showing_it(
    tls: ssl.SSLContext, tmp_path: Path, text: str, line: str
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(text)
    with pytest.raises(InputError, match="cannot be read as a netrc file") as error:
        fetch("https://127.0.0.1/a", tmp_path)
    assert f"{netrc}{line}" in str(error.value) and SECRET not in str(error.value)
    netrc.unlink()
    with pytest.raises(InputError, match="variable NETRC"):
        fetch("https://127.0.0.1/a", tmp_path)


def test_a_server_that_wants_a_login_is_answered_with_netrc(tmp_path: Path) -> None:
    answer = head("HTTP/1.1 401 Login", "Content-Length: 0")
    said = r"It wants a login: write one into ~/\.netrc"
    with speaking(lambda _: [answer]) as address, pytest.raises(InputError, match=said):
        fetch(address, tmp_path)


def test_a_model_is_named_by_no_address() -> None:
    (told,) = find_problems(fetch_model.Config, {"name": LOGINS[0]}, "fetch_model")
    assert "fetch_model.name: found " in told and "no address" in told and SECRET not in told


@pytest.mark.parametrize("endpoint", [LOGINS[0], QUERIES[0], f"ftp://me:{SECRET}@example.org"])
def test_an_endpoint_with_a_secret_is_refused(
    monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    with pytest.raises(InputError, match=r"HF_ENDPOINT: found \w+://.*expected") as error:
        ask_hub("some/model", "main")
    assert SECRET[:6] not in str(error.value)
