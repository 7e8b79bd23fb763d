"""What a site has and plain Markdown has not: an order of pages, a picture for each theme."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FRONT = "README"
PICTURE = re.compile(r"<picture>.*?</picture>", re.DOTALL)
NAMED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="Pages"',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
}
"""What the theme leaves without a name or a level."""

SHOWN = re.compile(r'(srcset|src)="([^"]+)"')
LINK = re.compile(r"\]\(([^)\s#]+)\)")
FENCED = re.compile(r"(```.*?```)", re.DOTALL)


DROP = "docs/site/inspect"
"""The page that reads files; what it needs cannot be had everywhere."""

left_out: set[str] = set()
"""Pages that this build goes without."""


def navigation() -> list[dict[str, Any]]:
    """Return the sections of nav.yaml."""
    sections: list[dict[str, Any]] = yaml.safe_load((HERE / "nav.yaml").read_text("utf-8"))
    return [
        {**section, "pages": [page for page in section["pages"] if page not in left_out]}
        for section in sections
    ]


def below(page: str) -> list[str]:
    """Return the pages of a folder, without its README."""
    if not page.endswith("/"):
        return []
    return [
        f"{page}{path.stem}" for path in sorted((ROOT / page).glob("*.md")) if path.stem != FRONT
    ]


def include() -> list[str]:
    """Return the files that are pages; ``SphinxError`` names those that are in no section."""
    named = [page for section in navigation() for page in section["pages"]]
    listed = [FRONT, *(one for page in named for one in (_first(page), *below(page)))]
    there = {str(path.relative_to(ROOT).with_suffix("")) for path in ROOT.glob("docs/**/*.md")}
    if left := sorted(there - {*listed} - left_out):
        raise SphinxError(f"docs/site/nav.yaml does not list {', '.join(left)}")
    if gone := [page for page in listed if not (ROOT / f"{page}.md").is_file()]:
        raise SphinxError(f"docs/site/nav.yaml lists {', '.join(gone)}, which is not there")
    return [f"{page}.md" for page in listed]


def _first(page: str) -> str:
    return f"{page}{FRONT}" if page.endswith("/") else page


def outside() -> list[str]:
    """Return what lies beside the pages, so that nobody looks for pages in it."""
    first = {page.split("/")[0] for page in include()}
    return [path.name for path in ROOT.iterdir() if path.name not in first] + [
        f"{page}.md" for page in left_out
    ]


def adapt(_: Sphinx, name: str, source: list[str]) -> None:
    """Make of a page what the site takes."""
    where = (ROOT / name).parent
    # Nothing inside of a transcript is changed.
    parts = FENCED.split(PICTURE.sub(_pictures, source[0]))
    parts[::2] = [LINK.sub(lambda found: _link(found, where), part) for part in parts[::2]]
    source[0] = "".join(parts) + _trees(name)


def _pictures(found: re.Match[str]) -> str:
    """Return both pictures of a <picture>: here a theme is chosen, there the system says which."""
    shown = dict(SHOWN.findall(found[0]))
    alt = re.search(r'alt="([^"]*)"', found[0])
    return "\n".join(
        f"```{{image}} {shown[which]}\n:class: only-{theme}\n:alt: {alt[1] if alt else ''}\n```\n"
        for which, theme in (("src", "light"), ("srcset", "dark"))
    )


def _link(found: re.Match[str], where: Path) -> str:
    """Lead to the page about a folder, which code hosts show below its files."""
    target = where / found[1]
    return f"]({found[1]}/README.md)" if (target / "README.md").is_file() else found[0]


def _trees(name: str) -> str:
    """Return the hidden lists that make the menu: of the front page, and of a folder's README."""
    if name == FRONT:
        return "".join(
            _tree(section["title"], map(_first, section["pages"])) for section in navigation()
        )
    folder = name.removesuffix(FRONT)
    listed = any(folder in section["pages"] for section in navigation())
    return _tree("", below(folder)) if listed else ""


def _tree(caption: str, pages: Iterable[str]) -> str:
    options = [":hidden:", ":titlesonly:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(
        ["", "", "```{toctree}", *options, "", *(f"/{page}" for page in pages), "```", ""]
    )


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Give the front page the name that servers look for, and lay the report beside the pages."""
    if exception:
        return
    out = Path(app.outdir)
    missing = {*NAMED}
    for page in out.rglob("*.html"):
        text = page.read_text("utf-8")
        missing -= {one for one in NAMED if one in text}
        for one, better in NAMED.items():
            text = text.replace(one, better)
        page.write_text(text, "utf-8")
    if missing:
        raise SphinxError(f"the theme has changed: {', '.join(missing)} is on no page")
    shutil.copy(out / f"{FRONT}.html", out / "index.html")
    report = out / "report"
    shutil.rmtree(report, ignore_errors=True)
    if app.config.caniload_report:
        shutil.copytree(app.config.caniload_report, report)


def tell_templates(_: Sphinx, config: Any) -> None:
    config.html_context = {**config.html_context, "report": bool(config.caniload_report)}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("caniload_report", "", "html", [str])
    app.connect("config-inited", tell_templates)
    app.connect("source-read", adapt)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


__all__: Sequence[str] = ["include", "outside", "setup"]
