import ast
import inspect
from pathlib import Path

import aivmsim
from aivmsim import _core


def public(names):
    return {name for name in names if not name.startswith("_")}


def test_the_stubs_name_exactly_what_the_module_has():
    tree = ast.parse(Path(aivmsim.__file__).with_name("_core.pyi").read_text())
    defined = {
        node.name: node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    constants = {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    assert public({*defined, *constants}) == public(vars(_core))
    for name, node in defined.items():
        if isinstance(node, ast.ClassDef):
            methods = {child.name for child in node.body if isinstance(child, ast.FunctionDef)}
            methods |= {
                child.target.id for child in node.body if isinstance(child, ast.AnnAssign)
            } - {"code"}
            assert public(methods) == public(vars(getattr(_core, name))), name


def test_the_package_says_that_it_is_typed_and_brings_the_report():
    import aivmsim_report

    assert Path(aivmsim.__file__).with_name("py.typed").exists()
    assert Path(aivmsim_report.__file__).with_name("page.html").exists()
    # The tests import the report from the source tree; what a wheel brings stands beside aivmsim.
    assert Path(aivmsim.__file__).parents[1].joinpath("aivmsim_report", "schema.sql").exists()


def test_whatever_is_public_is_documented():
    undocumented = []
    for name in aivmsim.__all__:
        thing = getattr(aivmsim, name)
        if (
            not inspect.isclass(thing)
            and not inspect.isroutine(thing)
            and not inspect.ismodule(thing)
        ):
            continue  # data: its comment says what it is
        undocumented += [] if inspect.getdoc(thing) else [name]
        # Of compiled classes the stub says what their members are.
        members = (
            vars(thing)
            if inspect.isclass(thing) and thing.__module__.startswith("aivmsim.")
            else {}
        )
        undocumented += [
            f"{name}.{member}"
            for member, value in members.items()
            if not member.startswith("_")
            and (inspect.isroutine(value) or isinstance(value, property | classmethod))
            and not inspect.getdoc(value)
        ]
    assert undocumented == []
