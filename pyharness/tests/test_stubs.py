import ast
from pathlib import Path

import aivmsim
from aivmsim import _core


def public(names):
    return {name for name in names if not name.startswith("_")}


def test_the_stubs_name_exactly_what_the_module_has():
    tree = ast.parse(Path(aivmsim.__file__).with_name("_core.pyi").read_text())
    defined = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert public(defined) == public(vars(_core))
    for name, node in defined.items():
        if isinstance(node, ast.ClassDef):
            methods = {child.name for child in node.body if isinstance(child, ast.FunctionDef)}
            assert public(methods) == public(vars(getattr(_core, name))), name


def test_the_package_says_that_it_is_typed_and_brings_the_report():
    import aivmsim_report

    assert Path(aivmsim.__file__).with_name("py.typed").exists()
    folder = Path(aivmsim_report.__file__).parent
    assert {"views.sql", "page.html"} <= {path.name for path in folder.iterdir()}
