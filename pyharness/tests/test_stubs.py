import ast
import inspect
import subprocess
import sys
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


def parameters(path):
    """{qualified name: names of its parameters} for the functions and methods of a stub; properties
    and overloads are left out."""
    found = {}

    def add(prefix, body):
        for node in body:
            if isinstance(node, ast.ClassDef):
                add(f"{prefix}{node.name}.", node.body)
            elif isinstance(node, ast.FunctionDef):
                marks = {
                    getattr(mark, "id", getattr(mark, "attr", "")) for mark in node.decorator_list
                }
                every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                if not marks & {"property", "setter", "overload"}:
                    found[prefix + node.name] = [one.arg for one in every if one.arg != "self"]

    add("", ast.parse(path.read_text()).body)
    return found


def test_the_stubs_name_the_parameters_of_every_function(tmp_path):
    """pybind11-stubgen reads them off the compiled module; there, one without a name is arg0."""
    command = ["-m", "pybind11_stubgen", "--ignore-all-errors", "-o", tmp_path, "aivmsim._core"]
    subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True)
    compiled = parameters(tmp_path / "aivmsim" / "_core.pyi")
    written = parameters(Path(aivmsim.__file__).with_name("_core.pyi"))
    differing = {}
    for name, names in written.items():
        theirs = compiled.get(name)
        if theirs is None or "args" in theirs:  # inherited from object, or overloaded
            continue
        same = len(names) == len(theirs) and all(
            ours == other or other.startswith("arg")
            for ours, other in zip(names, theirs, strict=True)
        )
        if not same:
            differing[name] = (names, theirs)
    assert differing == {}
    assert len(written.keys() & compiled.keys()) > 90


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
