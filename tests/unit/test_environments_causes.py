"""What installers say, word for word, and the cause that a person is told."""

from __future__ import annotations

import pytest

from caniload.runner.environments.causes import cause


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            "error: Failed to read `six @ file:///w/six-1.16.0-py2.py3-none-any.whl`\n"
            "  cause: Hash mismatch for `six==1.16.0`\n",
            "six==1.16.0: a downloaded file is not the one that the lock names (hash mismatch)",
            id="uv, hash",
        ),
        pytest.param(
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
            "    six==1.16.0 from file:///w/six:\n",
            "six==1.16.0: a downloaded file is not the one",
            id="pip, hash",
        ),
        pytest.param(
            "error: Request failed after 3 retries\n  cause: Failed to fetch: `https://x/six/`\n"
            "  cause: dns error\n",
            "the package index cannot be reached",
            id="uv, network",
        ),
        pytest.param(
            "WARNING: Retrying after connection broken by 'NewConnectionError'\n"
            "ERROR: Could not find a version that satisfies the requirement six==1.16.0\n",
            "the package index cannot be reached",
            id="pip, network: not the version that could not be found because of it",
        ),
        pytest.param(
            "error: failed to write to file: No space left on device (os error 28)",
            "the disk is full",
            id="disk",
        ),
        pytest.param(
            "  building 'wrapt._wrappers' extension\n  error: command 'gcc' failed: No such file\n",
            "needs a C compiler",
            id="compiler",
        ),
        pytest.param(
            "  cause: Because there is no version of tensorflow-cpu==2.99.0 and you require it",
            "tensorflow-cpu==2.99.0: the index has no such version",
            id="version",
        ),
        pytest.param(
            "something new went wrong\n\n", "the installer says: something new", id="unknown"
        ),
        pytest.param("", "the installer said nothing", id="silent"),
    ],
)
def test_cause(output: str, expected: str) -> None:
    assert expected in cause(output)
    assert "\n" not in cause(output)
