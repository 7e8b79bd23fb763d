"""Packs of somebody who means no good: each is refused in one line, and nothing is unpacked."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.request import Request

import pytest
from packs_made import environment, small, source, written

from caniload.runner.core.errors import CaniloadError, UsageError
from caniload.runner.environments.home import Home
from caniload.runner.packs import fetching, frame
from caniload.runner.packs.contents import Tables, as_plain
from caniload.runner.packs.fetching import bring, checked
from caniload.runner.packs.frame import PackError
from caniload.runner.packs.pack import Contents, Pack, merged


def zipped(text: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return engine.compress(text) + engine.flush()


def made(path: Path, manifest: dict[str, Any], *parts: bytes) -> Path:
    with path.open("wb") as stream:
        frame.write(stream, manifest, parts)
    return path


def one_part(path: Path, text: bytes, **said: Any) -> Path:
    """Write a pack with one part, all of whose hashes are right unless they are given."""
    stored = zipped(text)
    part = {
        "name": "files/h5/tf-2.15",
        "bytes": len(stored),
        "raw": len(text),
        "sha256": frame.sha256(stored),
        "content": frame.sha256(text),
        "origins": [],
        **said,
    }
    manifest = {
        "schema": 1,
        "environments": [environment("tf-2.15")],
        "sources": [source()],
        "parts": [part],
    }
    return made(path, manifest, stored)


def refused(path: Path) -> str:
    with pytest.raises(PackError) as caught:
        checked(path, "x.pack")
    said = str(caught.value)
    assert said.startswith("x.pack: ")
    assert "\n" not in said
    assert said.isprintable()
    assert len(said) < 200
    return said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"name": "/etc/passwd"}, "a part is called '/etc/passwd', which no part is"),
        ({"name": "files/../../x"}, "which no part is"),
        ({"name": "files/h5/\x1b[2Jx"}, "which no part is"),
        ({"name": "x" * 61}, "which no part is"),
        ({"name": None}, "which no part is"),
        ({"raw": 2**40}, "has no size, or an absurd one"),
        ({"raw": -1}, "has no size, or an absurd one"),
        ({"raw": True}, "has no size, or an absurd one"),
        ({"bytes": 10**6}, "it is not as long as its manifest says"),
        ({"raw": 1}, "part files/h5/tf-2.15 unpacks to more than it says"),
        ({"content": "0"}, "part files/h5/tf-2.15 is not what the manifest says"),
        ({"sha256": "0"}, "part files/h5/tf-2.15 was altered"),
        ({"origins": [["a"]]}, "its manifest is of no pack"),
        ({"origins": "abc"}, "its manifest is of no pack"),
    ],
)
def test_what_a_manifest_says_is_not_believed(
    tmp_path: Path, said: dict[str, Any], told: str
) -> None:
    assert told in refused(one_part(tmp_path / "x", b"{}", **said))


def test_a_part_that_is_there_twice(tmp_path: Path) -> None:
    path = one_part(tmp_path / "x", b"{}")
    manifest = Pack(path)._frame.manifest
    twice = {**manifest, "parts": [*manifest["parts"], *manifest["parts"]]}
    assert "or one is there twice" in refused(made(path, twice, zipped(b"{}"), zipped(b"{}")))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = one_part(tmp_path / "x", bytes(50 * 2**20), raw=1000)
    assert path.stat().st_size < 100_000
    assert "unpacks to more than it says" in refused(path)


def test_a_manifest_that_is_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "LARGEST_PART", 10_000)
    path = made(tmp_path / "x", {"schema": 1, "parts": [], "more": "x" * 20_000})
    assert "manifest unpacks to more than it says" in refused(path)


@pytest.mark.parametrize(
    ("bound", "value", "told"),
    [
        ("LARGEST_FILE", 1000, "MiB; no pack has more"),
        ("LARGEST_WHOLE", 10, "not as long as its manifest says"),
        ("MOST_PARTS", 0, "no list of parts, or more than 0"),
    ],
)
def test_absurd_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int, told: str
) -> None:
    path = written(small(), tmp_path / "x")
    monkeypatch.setattr(frame, bound, value)
    assert told in refused(path)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema": 2}, "a pack of schema '2'; this caniload reads 1"),
        ({"schema": "\x1b[2J"}, "this caniload reads 1"),
        ({"parts": 3}, "no list of parts"),
        ({"parts": [3]}, "which no part is"),
        ({"environments": 3}, "its manifest is of no pack"),
        ({"environments": [{"id": "\x1b[2J"}]}, "its manifest is of no pack"),
        ({"environments": [{**environment("tf-2.15"), "lock": 3}]}, "its manifest is of no pack"),
        ({"sources": [{**source(), "when": "today"}]}, "its manifest is of no pack"),
        ({"sources": [{**source(), "measurement": {"load": 1}}]}, "its manifest is of no pack"),
    ],
)
def test_a_manifest_of_something_else(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    manifest = {"schema": 1, "environments": [], "sources": [], "parts": [], **changes}
    stream = io.BytesIO()
    frame.write(stream, {**manifest, "parts": []}, [])
    stored, _ = frame.packed(manifest)
    path = tmp_path / "x"
    path.write_bytes(frame._member(f"manifest-{frame.sha256(stored)}", stored) + frame.END)
    assert told in refused(path)


def plain() -> dict[str, Any]:
    made = small()
    tables = Tables(environments=made.environments, sources=made.sources)
    return as_plain(made.parts["files/h5/tf-2.15"], tables)


def changed(*path: Any, to: Any) -> bytes:
    whole = json.loads(json.dumps(plain()))
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"not json",
        b"[" * 100_000,
        b"3",
        b"{}",
        changed("files", "count", to=10**9),
        changed("files", "count", to="1"),
        changed("files", "columns", "model", "values", to=["../../x"]),
        changed("files", "columns", "model", "codes", to=[-1]),
        changed("files", "columns", "model", "codes", to=[7]),
        changed("files", "columns", "saver", "values", to=[99]),
        changed("files", "columns", "saver", "values", to=[-1]),
        changed("files", "columns", "origin", "values", to=[[0, 0]]),
        changed("files", "columns", "traits", "values", to=[[-1]]),
        changed("files", "columns", "sha256", to={"values": [3], "codes": [1]}),
        changed("verdicts", "columns", "outcome", "values", to=["x", "y"]),
        changed("verdicts", "columns", "reason", "values", to=[1, 2]),
        changed("verdicts", "columns", "source", "values", to=[5]),
        changed("verdicts", "columns", "max_abs", to={"values": [float("nan")], "codes": [1, 1]}),
        changed("verdicts", "columns", "max_abs", to={"values": [[float("inf")]], "codes": [1, 1]}),
        changed("cells", 0, "reader", to=-1),
        changed("cells", 0, "verdicts", to=[0, 0]),
        changed("cells", 0, "verdicts", to=[-2]),
        changed("cells", 0, "verdicts", to=[[9]]),
        changed("cells", to=3),
    ],
)
def test_a_part_that_is_none(tmp_path: Path, text: bytes) -> None:
    stored = zipped(text)
    manifest = {
        "schema": 1,
        "environments": [environment("tf-2.15"), environment("tf-2.21")],
        "sources": [source()],
        "parts": [
            {
                "name": "files/h5/tf-2.15",
                "bytes": len(stored),
                "raw": len(text),
                "sha256": frame.sha256(stored),
                "content": frame.sha256(text),
                "origins": [],
            }
        ],
    }
    assert "part files/h5/tf-2.15" in refused(made(tmp_path / "x", manifest, stored))


def test_texts_are_fit_to_be_shown(tmp_path: Path) -> None:
    said = {"reason": "a\x1b[2J\x07b\ud800", "later": ["\x1b]0;x\x07c"]}
    dirty = small(said=said)
    for part in dirty.parts.values():
        assert "\x1b" not in repr(part)
    pack = Pack(written(dirty, tmp_path / "x"))
    (reason,) = {
        one["reason"]
        for found in pack.part("files/h5/tf-2.15").cells.values()
        for one in found
        if one["outcome"] == "error"
    }
    assert reason == "ab\\ud800"


def test_texts_of_another_writer_are_cleaned_when_they_are_read(tmp_path: Path) -> None:
    text = changed("verdicts", "columns", "reason", "values", to=["a\x1b[2Jb", "c\x07"])
    path = one_part(tmp_path / "x", text)
    manifest = {
        "schema": 1,
        "environments": [environment("tf-2.15"), environment("tf-2.21")],
        "sources": [source()],
        "parts": Pack(path)._frame.manifest["parts"],
    }
    pack = Pack(made(path, manifest, zipped(text)))
    found = [one["reason"] for v in pack.part("files/h5/tf-2.15").cells.values() for one in v]
    assert sorted(found) == ["ab", "c"]


# Importing


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path / "home")


def test_a_pack_is_taken_in_once(tmp_path: Path, home: Home) -> None:
    path = written(small(), tmp_path / "x.pack")
    pack, there = bring(str(path), home)
    assert not there
    assert pack.path.read_bytes() == path.read_bytes()
    assert bring(str(path), home)[1]
    assert [one.name for one in home.packs.iterdir()] == [f"{pack.id[:16]}.pack"]


def test_nothing_stays_of_what_is_refused(tmp_path: Path, home: Home) -> None:
    path = written(small(), tmp_path / "x.pack")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(PackError, match=r"x\.pack: "):
        bring(str(path), home)
    assert list(home.packs.iterdir()) == []


@pytest.mark.parametrize("place", ["http://a.example/x.pack", "ftp://a/x", "file:///etc/passwd"])
def test_only_https(place: str, home: Home) -> None:
    with pytest.raises(UsageError, match="only https:// addresses and files"):
        bring(place, home)


def test_no_redirection_leaves_https() -> None:
    asked = Request("https://a.example/x")
    follow = fetching._OnlyHttps().redirect_request
    with pytest.raises(UsageError, match="only https://"):
        follow(asked, io.BytesIO(), 302, "", HTTPMessage(), "http://a.example/x")
    assert follow(asked, io.BytesIO(), 302, "", HTTPMessage(), "https://b.example/x")


def test_an_answer_without_end_is_cut(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def readinto(self, buffer: Any) -> int:
            return len(buffer)

        def readable(self) -> bool:
            return True

    def opening(_place: str) -> IO[bytes]:
        return io.BufferedReader(Endless())

    monkeypatch.setattr(fetching, "LARGEST_FILE", 10**6)
    with pytest.raises(UsageError, match=r"https://a\.example/x: more than 0 MiB"):
        bring("https://me:secret@a.example/x?key=1", home, opening)
    assert list(home.packs.iterdir()) == []


def test_a_server_that_says_nothing_is_told(home: Home) -> None:
    def opening(_place: str) -> IO[bytes]:
        raise TimeoutError("timed out")

    with pytest.raises(CaniloadError, match=r"https://a\.example/x: cannot be had: timed out"):
        bring("https://me:secret@a.example/x?key=1", home, opening)


def test_tar_opens_it(tmp_path: Path) -> None:
    path = written(small(), tmp_path / "x.pack")
    with tarfile.open(path, "r:") as archive:
        names = archive.getnames()
        assert names[0].startswith("manifest-")
        assert names[1:] == ["files/h5/tf-2.15.json.gz", "locks.json.gz"]
        member = archive.extractfile(names[1])
        assert member
        assert json.loads(zlib.decompress(member.read(), 16 + zlib.MAX_WBITS)) == plain()


# Merging what is there


def packs(folder: Path, *several: Contents) -> list[Pack]:
    return [Pack(written(one, folder / str(number))) for number, one in enumerate(several)]


def test_a_contradiction_is_told_and_both_are_kept(tmp_path: Path) -> None:
    other = small(said={"outcome": "identical", "signature": None})
    told: list[str] = []
    both = packs(tmp_path, small(), other)
    path = tmp_path / "m"
    found = merged(both, path, told)
    error = "error (load: ValueError: no such argument)"
    assert found == [f"tf-2.15/dense.h5/tf-2.21: {error} and the same model"]
    assert told == []
    assert merged([Pack(path), both[0]], tmp_path / "again", told) == found
    cells = Pack(path).part("files/h5/tf-2.15").cells.values()
    assert sorted(len(one) for one in cells) == [1, 2]


def test_files_of_other_bytes_contradict_each_other_too(tmp_path: Path) -> None:
    other = small(sha256="cc", said={"outcome": "crash", "signature": "SIGSEGV"})
    (found,) = merged(packs(tmp_path, small(), other), tmp_path / "m", [])
    assert "crash (SIGSEGV) and error" in found


def test_another_wording_is_no_contradiction(tmp_path: Path) -> None:
    same = small(said={"reason": "said otherwise", "raised": "ValueError: otherwise"})
    assert merged(packs(tmp_path, small(), same), tmp_path / "m", []) == []


def test_features_that_were_read_twice_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    both = packs(tmp_path, small(), small(traits=("layer Dense",)))
    assert merged(both, tmp_path / "m", told) == []
    assert told == ["files/h5/tf-2.15: features of dense were read twice"]
