"""Which index is asked, and what is said where it does not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from caniload.runner.commands import cli
from caniload.runner.environments import uv
from caniload.runner.packages import index
from caniload.runner.packages.index import IndexUnusable, index_url, releases

MATRIX = str(Path(__file__).parents[2] / "matrix.yaml")
ANSWER = '{"files": [{"filename": "keras-3.1.0-py3-none-any.whl"}]}'


@pytest.fixture
def uv_says(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """What uv says its index is, as it is set up here and without any configuration."""
    said: dict[str, str | None] = {
        "here": "https://default.example",
        "else": "https://default.example",
    }
    monkeypatch.setattr(index, "_uv_says", lambda _, *options: said["else" if options else "here"])
    return said


class Handler(BaseHTTPRequestHandler):
    asked: list[tuple[str, Mapping[str, str]]]
    elsewhere: str

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers.items())))
        package = self.path.strip("/").rpartition("/")[2]
        if self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.elsewhere)
            self.end_headers()
            return
        status = {"keras": 200, "blank": 200, "broken": 503}.get(package, 404)
        body = (ANSWER if package == "keras" else "[]").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(uv_says: dict[str, str | None], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(Handler, "asked", [], raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        place = f"127.0.0.1:{serving.server_port}"
        uv_says["here"] = f"http://me:a%40b@{place}/simple/"
        yield place
        serving.shutdown()
        thread.join()


def test_uv_goes_before_pip(uv_says: dict[str, str | None], tmp_path: Path) -> None:
    uv_says["here"] = "https://mine.example/simple/"
    variables = {"PIP_INDEX_URL": "https://pip.example", "HOME": str(tmp_path)}
    assert index_url(variables) == "https://mine.example/simple"


def test_pip_goes_before_the_default(uv_says: dict[str, str | None], tmp_path: Path) -> None:
    nothing = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}
    assert index_url(nothing) == "https://default.example"
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://file.example/100%\n")
    from_file = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(file)}
    assert index_url(from_file) == "https://file.example/100%"
    assert index_url({**from_file, "PIP_INDEX_URL": "https://pip.example"}) == "https://pip.example"


@pytest.mark.parametrize("text", ["index-url = https://early.example\n", "[global]\nno sense\n"])
def test_pip_settings_that_make_no_sense(
    uv_says: dict[str, str | None], tmp_path: Path, text: str
) -> None:
    (tmp_path / "pip.conf").write_text(text)
    with pytest.raises(IndexUnusable, match="pip's configuration cannot be read"):
        index_url({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")})


def test_no_index_at_all(uv_says: dict[str, str | None], tmp_path: Path) -> None:
    uv_says |= {"here": None, "else": None}
    with pytest.raises(IndexUnusable, match="no package index is configured"):
        index_url({"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"})
    with pytest.raises(IndexUnusable, match="UV_OFFLINE is set"):
        index_url({"UV_OFFLINE": "1"})


def test_uv_is_believed(tmp_path: Path) -> None:
    if uv.find_uv() is None:
        pytest.skip("this machine has no uv")
    plain = {"HOME": str(tmp_path), "PATH": "/usr/bin", "PIP_CONFIG_FILE": "/dev/null"}
    named = index_url({**plain, "UV_DEFAULT_INDEX": "https://mine.example/simple/"})
    assert named == "https://mine.example/simple"
    assert index_url(plain).startswith("https://")


def test_names_are_asked_in_normal_form(server: str) -> None:
    found = releases(["Keras", "no_such.thing"])
    assert [str(one.version) for one in found["keras"]] == ["3.1.0"]
    assert found["no-such-thing"] == ()
    assert {path for path, _ in Handler.asked} == {"/simple/keras/", "/simple/no-such-thing/"}


def test_credentials_are_sent_and_never_shown(server: str) -> None:
    with pytest.raises(IndexUnusable) as refused:
        releases(["broken"])
    assert str(refused.value).startswith(f"the package index {server} answers 503 ")
    ((_, headers),) = Handler.asked
    assert headers["Authorization"] == "Basic bWU6YUBi"
    assert "a%40b" not in str(refused.value)


@pytest.mark.parametrize("password", ["se/cret", "se#cret", "se\u2100cret"])
def test_a_password_that_breaks_the_address_is_not_shown(
    uv_says: dict[str, str | None], tmp_path: Path, password: str
) -> None:
    uv_says["here"] = f"https://me:{password}@mine.example/simple/"
    with pytest.raises(IndexUnusable, match="written %2F and %23") as raised:
        index_url({"HOME": str(tmp_path)})
    assert "cret" not in str(raised.value)


def test_credentials_stay_with_the_index(
    server: str, uv_says: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = server.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(Handler, "elsewhere", f"http://{other}/simple/keras/", raising=False)
    uv_says["here"] = f"http://me:secret@{server}/moved/"
    assert releases(["keras"])["keras"]
    (first, sent), (second, kept) = Handler.asked
    assert (first, second) == ("/moved/keras/", "/simple/keras/")
    assert "Authorization" in sent
    assert "Authorization" not in kept


def test_what_is_no_index(server: str) -> None:
    with pytest.raises(IndexUnusable, match="does not answer as an index about blank"):
        releases(["blank"])


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/simple", "nonsense", "http://[::1/"])
def test_an_index_out_of_reach_is_one_line_and_code_4(
    uv_says: dict[str, str | None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    address: str,
) -> None:
    uv_says["here"] = address
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CANILOAD_HOME", str(tmp_path))
    assert cli.main(["--matrix", MATRIX, "releases"]) == 4
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == ""
    assert line.startswith("caniload: the package index ")
    assert line.endswith("check the network, the proxy or UV_DEFAULT_INDEX, then run again")
