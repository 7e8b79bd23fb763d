"""New releases of companions, and which of all releases are proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from nights_made import SITES, bad, book, night, with_site
from packaging.version import Version

from caniload.runner.core.errors import UsageError
from caniload.runner.environments import locking
from caniload.runner.matrix.editing import entry, with_environment
from caniload.runner.matrix.reading import parse_matrix, read_matrix
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.nightly.night import Site
from caniload.runner.nightly.proposing import MOST, proposals, text
from caniload.runner.packages.listing import File, Listing, Release
from caniload.runner.releases import companions

SMALL = Path(__file__).with_name("small_matrix.yaml")
MATRIX = read_matrix(SMALL)
NEWEST = next(companions.newest(MATRIX))


def release(package: str, version: str, *, yanked: bool = False) -> Release:
    python = NEWEST.python.replace(".", "")
    name = f"{package}-{version}-cp{python}-cp{python}-manylinux_2_28_x86_64.whl"
    file = File(name=name, requires_python=None, uploaded=date(2026, 11, 1), yanked=yanked)
    return Release(package=package, version=Version(version), files=(file,))


def listing(**found: tuple[Release, ...]) -> Listing:
    return found


def lock(folder: Path, environment: Environment, **packages: str) -> None:
    pins = "\n".join(f"{name}=={version}" for name, version in packages.items())
    locking.lock_path(environment, folder).write_text(pins)


def offered(
    found: Listing, locks: Path, *, matrix: Matrix = MATRIX, pre: bool = False
) -> list[str]:
    pairs = companions.offered(matrix, found, locks, pre=pre)
    return [f"{one.package} {one.version} in {row.id}" for one, row in pairs]


def test_a_companion_that_the_newest_environment_has_not_met_is_offered(tmp_path: Path) -> None:
    lock(tmp_path, NEWEST, numpy="2.4.3", h5py="3.14.0")
    found = listing(
        numpy=(release("numpy", "2.4.3"), release("numpy", "2.5.1"), release("numpy", "2.6.0rc1")),
        h5py=(release("h5py", "3.14.0"), release("h5py", "3.15.0", yanked=True)),
    )
    told = [one for one in offered(found, tmp_path) if f" in {NEWEST.id}-{one.split()[0]}" in one]
    assert told == [f"numpy 2.5.1 in {NEWEST.id}-numpy-2.5"]
    told = [
        one
        for one in offered(found, tmp_path, pre=True)
        if f" in {NEWEST.id}-{one.split()[0]}" in one
    ]
    assert told == [f"numpy 2.6.0rc1 in {NEWEST.id}-numpy-2.6"]


def test_a_companion_that_a_twin_has_is_not_offered_again(tmp_path: Path) -> None:
    lock(tmp_path, NEWEST, numpy="2.4.3")
    row = companions.twin(MATRIX, NEWEST.id, ["numpy==2.5.1"])
    lock(tmp_path, row, numpy="2.5.1")
    matrix = MATRIX.model_copy(update={"environments": (*MATRIX.environments, row)})
    assert not [
        one
        for one in offered(listing(numpy=(release("numpy", "2.5.1"),)), tmp_path, matrix=matrix)
        if f" in {NEWEST.id}-numpy" in one
    ]


def test_the_newest_is_no_pre_release_while_there_is_another() -> None:
    early = NEWEST.model_copy(
        update={"id": "early", "packages": dict.fromkeys(NEWEST.packages, "99.0rc0")}
    )
    matrix = MATRIX.model_copy(update={"environments": (*MATRIX.environments, early)})
    assert next(companions.newest(matrix)) == NEWEST


def test_a_twin_differs_in_its_companion_alone_and_can_be_written_down() -> None:
    base = NEWEST.model_copy(update={"pins": ("numpy<2", "protobuf<5")})
    matrix = MATRIX.model_copy(
        update={
            "environments": tuple(base if one.id == base.id else one for one in MATRIX.environments)
        }
    )
    row = companions.twin(matrix, base.id, ["NumPy==2.5.1"])
    same = {"id", "label", "pins", "twin", "pythons", "overrides"}
    assert row.model_dump(exclude=same) == base.model_dump(exclude=same)
    assert row.pins == ("protobuf<5", "numpy==2.5.1")
    assert f"twin: {base.id}" in "\n".join(entry(row))
    plain = companions.twin(MATRIX, NEWEST.id, ["numpy==2.5.1"])
    changed = with_environment(SMALL.read_text("utf-8"), plain, name="matrix.yaml")
    assert parse_matrix(changed).environment(plain.id) == plain


@pytest.mark.parametrize(
    ("beside", "asked", "told"),
    [
        ("tf-9.9", ["numpy==2.0"], "there is no environment 'tf-9.9' in matrix.yaml; nearest:"),
        (NEWEST.id, ["numpy>=2"], "--beside takes one release of one companion"),
        (NEWEST.id, ["numpy==2.*", "h5py==3"], "--beside takes one release of one companion"),
        (NEWEST.id, ["numpy=2"], "--beside takes one release of one companion"),
        (NEWEST.id, ["keras==3.0.0"], "is about keras itself; leave out --beside"),
    ],
)
def test_what_is_no_twin_is_refused_in_a_line(beside: str, asked: list[str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        companions.twin(MATRIX, beside, asked)
    (line,) = str(caught.value).splitlines()
    assert told in line


def test_only_the_companion_of_a_twin_may_be_younger_than_the_rest() -> None:
    row = companions.twin(MATRIX, NEWEST.id, ["numpy==2.5.1"])
    assert locking._younger(row) == ["numpy"]
    assert locking._younger(NEWEST.model_copy(update={"pins": ("numpy==2.5.1",)})) == []


def one(
    package: str, version: str, *, uploaded: str | None = "2026-11-20", beside: str | None = None
) -> dict[str, Any]:
    name = f"{beside}-{package}-{version}" if beside else f"{package}-{version}"
    return {
        "package": package,
        "version": version,
        "uploaded": uploaded,
        "entry": {"id": name},
        "beside": beside,
    }


def chosen(
    *found: Mapping[str, Any], requests: tuple[str, ...] = ()
) -> tuple[list[str], list[str]]:
    made = proposals(
        {"releases": found, "left_out": ["x 1: no wheel"]},
        {},
        [{"headRefName": name} for name in requests],
        today="2026-12-01",
    )
    return [made.branch for made in made.proposals], list(made.left_out)


def test_what_is_new_is_proposed_once() -> None:
    new, old = one("numpy", "2.5.1", beside="tf-2.21"), one("keras", "2.2.5", uploaded="2019-08-22")
    branch = "caniload/tf-2.21-numpy-2.5.1"
    left = ["x 1: no wheel", "keras 2.2.5: of 2019-08-22, which is not new"]
    assert chosen(new, old) == ([branch], left)
    assert chosen(new, requests=(branch,)) == (
        [],
        ["x 1: no wheel", f"numpy 2.5.1: {branch} was proposed before"],
    )


def test_a_night_proposes_no_more_than_it_may() -> None:
    many = [one("keras", f"3.{number}.0") for number in range(MOST + 2)]
    branches, left = chosen(*many)
    assert len(branches) == MOST
    assert len(left) == 3


def test_a_branch_is_a_name_that_a_shell_and_git_take() -> None:
    (branch,), _ = chosen(one("numpy", "1!2.0; rm -rf /"))
    assert set(branch) <= set("abcdefghijklmnopqrstuvwxyz0123456789.+-/")


def test_what_is_no_list_of_pull_requests_is_refused_in_a_line() -> None:
    with pytest.raises(UsageError, match="each needs headRefName"):
        proposals({"releases": (), "left_out": ()}, {}, [{}], today="2026-12-01")


def test_a_proposal_says_what_is_worse_beside_what_it_follows() -> None:
    sites = (*SITES, Site(id="a-5", base="a-4", packages={"numpy": "2"}))
    found = with_site(
        night({"a-1/lstm.h5/a-5": bad()}, sites=sites), "a-4", packages={"numpy": "1"}
    )
    told = text(found, "a-5", ["- id: a-5"], book())
    assert "```yaml\n- id: a-5\n```" in told
    assert "18 cells that it saves or loads, to predict: 17 identical, 1 error." in told
    assert "| worse than before | argument | identical, now error (a-5 beside a-4) | 1 |" in told
    assert "Other packages: a-5, beside a-4: numpy 1 → 2" in told
    fine = text(night(sites=sites), "a-5", ["- id: a-5"], None)
    assert "Beside a-4 nothing is worse." in fine


def test_a_proposal_that_does_not_build_says_so() -> None:
    sites = (*SITES, Site(id="a-5", base="a-4", untested="no wheel <b>"))
    told = text(replace(night(sites=sites)), "a-5", [], None)
    assert "**It cannot be used here**: no wheel &lt;b&gt;" in told
    assert "nothing is worse" not in told
