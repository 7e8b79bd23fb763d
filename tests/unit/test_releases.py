"""What the index has and the matrix has not."""

from __future__ import annotations

from datetime import date

import pytest
from packaging.version import Version
from recorded import LISTING, matrix

from caniload.runner.packages.listing import File, Release
from caniload.runner.releases.missing import missing, newest_patches, older_patches


def file(name: str, **changes: object) -> File:
    plain = {"requires_python": None, "uploaded": None, "yanked": False}
    return File(name=name, **{**plain, **changes})  # type: ignore[arg-type]


def release(version: str, *, yanked: bool = False, package: str = "tensorflow") -> Release:
    name = f"{package}-{version}-cp311-cp311-manylinux_2_17_x86_64.whl"
    return Release(package=package, version=Version(version), files=(file(name, yanked=yanked),))


def offered(*ids: str, pre: bool = False) -> list[str]:
    return [f"{one.package} {one.version}" for one in missing(matrix(*ids), LISTING, pre=pre)]


def test_an_environment_taken_away_is_found_again() -> None:
    assert "tensorflow 2.20.0" not in offered("tf-2.20")
    assert "tensorflow 2.20.0" in offered("tf-2.21")


def test_the_latest_comes_first() -> None:
    assert offered("tf-2.4")[0].startswith("keras 3.15")


def test_pre_releases_on_request_only() -> None:
    assert not [name for name in offered("tf-2.4") if "rc" in name]
    assert [name for name in offered("tf-2.4", pre=True) if "rc" in name] == [
        "tensorflow 2.22.0rc0"
    ]


def test_the_keras_of_a_tensorflow_comes_with_that() -> None:
    keras = [name for name in offered("tf-2.4") if name.startswith("keras 2.")]
    assert keras == ["keras 2.3.1"]


def test_an_older_patch_is_named() -> None:
    old = (
        matrix("tf-2.16")
        .environments[0]
        .model_copy(update={"packages": {"tensorflow-cpu": "2.16.1"}})
    )
    with_old = matrix().model_copy(update={"environments": (old,)})
    (newest,) = [
        one
        for one in missing(with_old, LISTING, pre=False)
        if one.package == "tensorflow" and one.minor == (2, 16)
    ]
    assert str(newest.version) == "2.16.2"
    assert older_patches(with_old, newest) == ["tf-2.16"]


def test_a_yanked_release_is_no_release() -> None:
    patches = newest_patches([release("2.9.0"), release("2.9.1", yanked=True)], pre=True)
    assert [str(one.version) for one in patches] == ["2.9.0"]
    assert newest_patches([release("2.9.0", yanked=True)], pre=True) == []


def test_patches_are_numbers_and_a_pre_release_gives_way() -> None:
    known = [release("2.9.10"), release("2.9.9"), release("2.9.11rc1"), release("2.10.0rc0")]
    assert [str(one.version) for one in newest_patches(known, pre=True)] == ["2.9.10", "2.10.0rc0"]


@pytest.mark.parametrize(
    ("name", "python", "fits"),
    [
        ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "3.11", True),
        ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "3.12", False),
        ("a-1-cp37-cp37m-manylinux1_x86_64.whl", "3.7", True),
        ("a-1-cp311-cp311-manylinux_2_17_aarch64.whl", "3.11", False),
        ("a-1-cp311-cp311-win_amd64.whl", "3.11", False),
        ("a-1-cp39-abi3-manylinux_2_17_x86_64.whl", "3.12", True),
        ("a-1-cp39-abi3-manylinux_2_17_x86_64.whl", "3.8", False),
        ("a-1-py2.py3-none-any.whl", "3.6", True),
        ("a-1-py36-none-any.whl", "3.11", True),
        ("a-1-py2-none-any.whl", "3.11", False),
        ("a-1-cp27-none-linux_x86_64.whl", "3.7", False),
        ("a-1.whl", "3.11", False),
        ("a-1.tar.gz", "3.11", True),
    ],
)
def test_which_python_a_file_fits(name: str, python: str, fits: bool) -> None:  # noqa: FBT001
    assert file(name).fits(python) is fits


@pytest.mark.parametrize(
    ("required", "python", "fits"),
    [
        (">=3.10", "3.9", False),
        (">=3.9.1", "3.9", True),
        ("<3.9", "3.9", False),
        ("~!", "3.9", True),
    ],
)
def test_required_python(required: str, python: str, fits: bool) -> None:  # noqa: FBT001
    assert file("a-1-py3-none-any.whl", requires_python=required).fits(python) is fits


def test_a_release_is_as_old_as_its_first_wheel() -> None:
    one = Release(
        package="a",
        version=Version("1"),
        files=(
            file("a-1.tar.gz", uploaded=date(2020, 1, 1)),
            file("a-1-cp39-cp39-linux_x86_64.whl", uploaded=date(2022, 1, 1)),
            file("a-1-cp38-cp38-linux_x86_64.whl", uploaded=date(2021, 1, 1)),
        ),
    )
    assert one.uploaded == date(2021, 1, 1)
