"""An index's answer in its two forms."""

from __future__ import annotations

from datetime import date

import pytest

from caniload.runner.packages.simpleapi import read

JSON = """{"files": [
  {"filename": "keras-3.1.0-py3-none-any.whl", "requires-python": ">=3.9",
   "upload-time": "2024-03-15T23:00:00Z", "yanked": "broken"},
  {"filename": "keras-3.1.0.tar.gz", "yanked": false},
  {"filename": "keras-3.0.5-py3-none-any.whl", "yanked": true},
  {"filename": "keras-0.1.win32.exe"}, {"filename": "keras-odd.whl"}
]}"""
HTML = """<!DOCTYPE html><html><body><h1>Links</h1>
<a href="../keras-3.1.0-py3-none-any.whl#sha256=aa" data-requires-python="&gt;=3.9"
   data-yanked="broken">keras-3.1.0-py3-none-any.whl</a><br>
<a href="k.tar.gz">keras-3.1.0.tar.gz</a> <a href="x" data-yanked>keras-3.0.5-py3-none-any.whl</a>
</body></html>"""


@pytest.mark.parametrize(("kind", "text"), [("application/x+json", JSON), ("text/html", HTML)])
def test_both_forms_say_the_same(kind: str, text: str) -> None:
    old, new = read("keras", kind, text)
    assert (str(old.version), old.yanked) == ("3.0.5", True)
    assert (str(new.version), new.yanked) == ("3.1.0", False)  # its source may still be had
    assert new.wheels[0].requires_python == ">=3.9"


def test_only_json_says_when() -> None:
    assert read("keras", "application/json", JSON)[1].uploaded == date(2024, 3, 15)
    assert read("keras", "text/html", HTML)[1].uploaded is None


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", "{}", '{"files": [{}]}', '{"files": 3}', '{"files": ["a"]}']
)
def test_what_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the index's module says which and where
        read("keras", "application/json", text)


def test_a_page_without_links_has_no_releases() -> None:
    assert read("keras", "text/html", "<p>welcome</p>") == ()
