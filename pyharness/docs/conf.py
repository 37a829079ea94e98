"""The documentation site: ./dev docs builds it. Reference pages come from the program, see
generate.py."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

project = "aivmsim"
copyright = "the aivmsim authors, Apache-2.0"  # noqa: A001
release = re.search(r"project\(aivmsim VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
html_theme = "furo"
html_title = f"aivmsim {release}"
exclude_patterns = ["_build", "parts", "**/.ipynb_checkpoints"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the gallery's pictures are made with the full budget, and committed
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False
# Reference pages are headings of tables, so their levels are the program's.
suppress_warnings = ["myst.header", "toc.not_included"]
nitpicky = False
