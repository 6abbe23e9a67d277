"""Every small way in which a module could be wrong: one comparison, one number, one statement at a time."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SWAPPED: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
NAMES = {"max": "min", "min": "max", "any": "all", "all": "any"}
TYPES = frozenset({"annotation", "returns", "decorator_list"})
"""Parts of a tree that say what is meant, not what is done."""
Change = Callable[[], None]
Site = tuple[ast.AST, str, Change]


@dataclass(frozen=True, slots=True)
class Mutant:
    """The `number`th change of a module."""

    path: Path
    number: int
    line: int
    function: str
    what: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line} {self.function}: {self.what}"


def mutants(path: Path) -> list[Mutant]:
    """List every change of a file."""
    found = enumerate(_sites(ast.parse(path.read_bytes())))
    return [Mutant(path, number, node.lineno, function, what) for number, (function, (node, what, _)) in found]


def mutated(mutant: Mutant) -> ast.Module:
    """Return the module with this one change."""
    tree = ast.parse(mutant.path.read_bytes())
    change = [change for _, (_, _, change) in _sites(tree)][mutant.number]
    change()
    return ast.fix_missing_locations(tree)


def _sites(tree: ast.Module) -> Iterator[tuple[str, Site]]:
    """Yield what can be changed, with the name of the function or the like around it."""
    for top in tree.body:
        for part in top.body if isinstance(top, ast.ClassDef) else [top]:
            boolean = ast.unparse(getattr(part, "returns", None) or ast.Constant(0)) == "bool"
            for node in _walk(part):
                for site in (*_swaps(node), *_conditions(node), *_values(node), *_statements(node, boolean)):
                    yield getattr(part, "name", "module"), site


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, held in ast.iter_fields(node):
        if name not in TYPES:
            for child in held if isinstance(held, list) else [held]:
                yield from _walk(child) if isinstance(child, ast.AST) else ()


def _swaps(node: ast.AST) -> Iterator[Site]:
    match node:
        case ast.Compare(ops=ops):
            places = [(op, _put(ops, at)) for at, op in enumerate(ops)]
        case ast.BoolOp(op=op) | ast.BinOp(op=op):
            places = [(op, _set(node, "op"))]
        case _:
            return
    for op, put in places:
        for other in SWAPPED.get(type(op), ()):
            what = f"{type(op).__name__} -> {other.__name__} in `{ast.unparse(node)[:60]}`"
            yield node, what, _later(put, other())


def _conditions(node: ast.AST) -> Iterator[Site]:
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield node, f"not `{ast.unparse(test)[:60]}`", _later(_set(node, "test"), ast.UnaryOp(ast.Not(), test))
        case ast.comprehension(ifs=[first, *_]):
            yield first, f"any, not only `{ast.unparse(first)[:60]}`", _later(_set(node, "ifs"), [])


def _values(node: ast.AST) -> Iterator[Site]:
    match node:
        case ast.Constant(value=bool(value)):
            yield node, f"{value} -> {not value}", _later(_set(node, "value"), not value)
        case ast.Constant(value=int(value)):
            yield node, f"{value} -> {value + 1}", _later(_set(node, "value"), value + 1)
        case ast.Constant(value=bytes(value)):
            yield node, "other bytes", _later(_set(node, "value"), value + b"!")
        case ast.Name(id=name) if name in NAMES:
            yield node, f"{name} -> {NAMES[name]}", _later(_set(node, "id"), NAMES[name])


def _statements(node: ast.AST, boolean: bool) -> Iterator[Site]:
    """Yield each statement that can be left out, and each value that can be returned instead."""
    for block in (getattr(node, name, None) for name in ("body", "orelse")):
        for at, statement in enumerate(block if isinstance(block, list) else []):
            match statement:
                case ast.Expr(value=ast.Constant()):
                    continue
                case (
                    ast.Expr() | ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Return(value=None)
                ) | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                    yield statement, f"without `{ast.unparse(statement)[:60]}`", _later(_put(block, at), ast.Pass())
                case ast.Return(value=value) if not isinstance(value, ast.Constant):
                    for instead in (True, False) if boolean else (None,):
                        change = _later(_set(statement, "value"), ast.Constant(instead))
                        yield statement, f"returns {instead}", change


def _set(node: ast.AST, name: str) -> Callable[[object], None]:
    return lambda value: setattr(node, name, value)


def _put(held: object, at: int) -> Callable[[object], None]:
    return lambda value: held.__setitem__(at, value)  # type: ignore[attr-defined]


def _later(put: Callable[[object], None], value: object) -> Change:
    return lambda: put(value)
