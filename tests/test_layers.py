"""The map in ajam/__init__.py is true: everything is on it, and every import points up."""

import ast
import pathlib
import re

import pytest

import ajam

ROOT = pathlib.Path(ajam.__file__).parent
MAP = re.findall(r"^    ([a-z]+(?:\.[a-z]+)?)  ", ajam.__doc__, re.MULTILINE)
SIDES = ("conf", "ami", "web")
LIMITS = {"lines of a module": 300, "lines of a function": 40, "columns": 120}


def module_name(path):
    """`web.lobby` for ajam/web/lobby.py; all of the demo is one."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "demo" if parts[0] == "demo" else ".".join(parts)


MODULES = {path: module_name(path) for path in sorted(ROOT.rglob("*.py")) if path.name not in ("__init__.py", "__main__.py")}


def imported(path):
    """What a module imports of ajam, as names on the map."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ajam":
            base = node.module[len("ajam."):]
            names |= {base} if base in MAP or base.startswith("demo") else {
                (base + "." if base else "") + alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name[len("ajam."):] for alias in node.names if alias.name.startswith("ajam.")}
    return {"demo" if name.startswith("demo") else name for name in names} - {"__version__"}


def test_the_map_names_every_module_once_and_no_other():
    assert sorted(set(MODULES.values())) == sorted(MAP)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_stands_above_it(path):
    name = MODULES[path]
    above = set(MAP[:MAP.index(name)])
    allowed = above | {"demo"} if name == "demo" else above
    assert imported(path) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_three_sides_do_not_know_each_other(path):
    side = MODULES[path].split(".")[0]
    others = [other for other in SIDES if side in SIDES and other != side]
    assert not [name for name in imported(path) if name.split(".")[0] in others]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path):
    text = path.read_text()
    assert text.count("\n") <= LIMITS["lines of a module"]
    assert max(map(len, text.splitlines())) <= LIMITS["columns"]
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert not [node.name for node in functions if node.end_lineno - node.lineno >= LIMITS["lines of a function"]]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_everything_public_says_what_it_is(path):
    tree = ast.parse(path.read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    silent = [node.name for node in nodes
              if not node.name.startswith("_") and not ast.get_docstring(node) and not nested(tree, node)]
    assert ast.get_docstring(tree) and not silent


def nested(tree, function):
    """True for a function inside a function."""
    return any(function in ast.walk(node) and function is not node
               for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_the_version_stands_in_one_place():
    found = [path for path in ROOT.parent.rglob("*") if path.is_file() and ".git" not in path.parts
             and path.suffix in (".py", ".cfg", ".toml", ".conf") and 'version__ = "' in path.read_text(errors="replace")]
    assert [path.name for path in found if path.parent.name == "ajam"] == ["__init__.py"]
