"""How Sphinx makes a site of the pages: they stay Markdown that reads well where the code is.

The source is the whole repository, so that links are the same here and there. `nav.yaml` says which
pages the site has, in which order; `pages.py` does what plain Markdown cannot say.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src")]

import pages  # noqa: E402 - it lies beside this file

import caniload  # noqa: E402

project = "caniload"
author = "caniload"
copyright = "caniload, MIT licence"  # noqa: A001 - Sphinx calls it so
release = version = caniload.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "pages"]
root_doc = "README"
pages.left_out |= set() if tags.has("drop") else {pages.DROP}  # noqa: F821 - of Sphinx
include_patterns = pages.include()
exclude_patterns = pages.outside()
nitpicky = True
nitpick_ignore_regex = [
    # Python's own are described elsewhere; of results, those that functions return are enough.
    ("py:class", r"(tuple|list|Sequence|os\.PathLike|collections\.abc\.Mapping)\b.*"),
    ("py:class", r"caniload\.runner\..*"),
]

myst_heading_anchors = 4
myst_links_external_new_tab = False
smartquotes = False  # -- is an option here

autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "caniload"
html_static_path = ["static"]
html_favicon = "static/icon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
templates_path = ["templates"]
html_sidebars = {
    "**": [
        *("sidebar/brand.html", "sidebar/search.html", "sidebar/scroll-start.html"),
        *("sidebar/report.html", "sidebar/navigation.html", "sidebar/scroll-end.html"),
    ]
}
html_show_sourcelink = False
html_show_sphinx = False
html_copy_source = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
highlight_language = "none"
