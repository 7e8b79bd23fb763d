"""The report put in its place: whole, in that of the one before, and nothing else touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from judged_example import example

from caniload.reports.folder import Folder
from caniload.reports.site import render

HOME = Path("/var/store/home")


def test_render_replaces_a_report_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    index, _ = render(example(), folder, HOME)
    (folder / "stale.html").write_text("from an older run")
    assert render(example(), folder, HOME)[0] == index
    assert index.is_file()
    assert not (folder / "stale.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_render_refuses_a_folder_that_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError, match="is not a report"):
        render(example(), tmp_path, HOME)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_an_interrupted_render_leaves_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "report"
    before = render(example(), folder, HOME)[0].read_bytes()

    def stop(folder: Folder, path: str, content: bytes) -> None:
        write(folder, path, content)
        if path == "index.html":
            raise KeyboardInterrupt

    write = Folder.write
    monkeypatch.setattr(Folder, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        render(example(hostile=True), folder, HOME)
    assert (folder / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_what_a_killed_drawing_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    left = {name: tmp_path / f".report-{name:_<8}" for name in ("old", "new", "kept", "foreign")}
    for name, one in left.items():
        (one / ("thesis" if name == "foreign" else "new")).mkdir(parents=True)
        if name == "kept":
            (one / "old").mkdir()  # the only report, if the second of two renames did not come
        if name != "new":
            for each in (*one.iterdir(), one):
                os.utime(each, (1, 1))
    render(example(), folder, HOME)
    assert [name for name, one in left.items() if one.exists()] == ["new", "kept", "foreign"]
