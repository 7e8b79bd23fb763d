"""Where things are kept, and what they take on the disk."""

from __future__ import annotations

from pathlib import Path

from caniload.runner.environments.home import Home, apparent_bytes, disk_use


def test_default_is_what_the_user_says(tmp_path: Path) -> None:
    assert Home.default({"CANILOAD_HOME": str(tmp_path)}).root == tmp_path
    assert Home.default({}).root.name == "caniload"
    assert Home.default({"CANILOAD_HOME": ""}).root.name == "caniload"


def test_a_file_with_two_names_is_counted_once_and_in_the_cache(tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    for folder in (home.cache, home.environment("a"), home.environment("b"), home.artifacts):
        folder.mkdir(parents=True)
    (home.cache / "wheel").write_bytes(b"x" * 100_000)
    (home.environment("a") / "linked").hardlink_to(home.cache / "wheel")
    (home.environment("b") / "linked").hardlink_to(home.cache / "wheel")
    (home.environment("b") / "own").write_bytes(b"y" * 50_000)
    (home.environment("b") / "dangling").symlink_to("nowhere")

    use = disk_use(home)

    assert use["cache"] >= 100_000
    assert 50_000 <= use["environments"] < 100_000
    assert use["artifacts"] == use["results"] == use["report"] == 0
    assert apparent_bytes(home.environment("a")) >= 100_000
