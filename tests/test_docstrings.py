"""Docstrings of public functions, methods and classes: shapes, units, errors and sources.

Every test also asserts how many cases it looked at: a rule that matches nothing would pass.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "connectome"
Function = ast.FunctionDef | ast.AsyncFunctionDef
ARRAY = re.compile(r"\b(Tensor|ndarray|csr_array|sparray|pa\.Array|pa\.ChunkedArray)\b")
FRAME = re.compile(r"\b(DataFrame|pa\.Table|pa\.RecordBatch)\b")
NUMBER = re.compile(r"\b(float|int|Tensor|ndarray|csr_array)\b")
SHAPE = re.compile(r"``\[[^`]*\]``|\b[Ss]calars?\b")
SHARED = re.compile(r"\b([Aa]ll|[Bb]oth|[Ee]ach|[Ee]very)\b[^.]*?``\[|``\[[^`]*\]``( \w+)? each\b")
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises):\s*$")
SOURCE = re.compile(r"doi:\s*10\.\d{4,}/\S|arXiv:\s*[\w./-]*\d|https?://")
# The words of which one must stand with a quantity, by the words of its name.
UNITS = {
    r"seconds?|timeout|duration|elapsed": r"second",
    r"bytes|memory": r"byte|[GM]iB",
    r"tolerance": r"relative|times|absolute|root mean square",
    r"(?:min_)?synapses": r"synapse",
    r"nll|deviance|nats|log_likelihood|free_bits": r"\bnats?\b",
    r"warmup|patience|epochs": r"epoch|step|check|round|share of the training",
}
# Modules of the models that implement no published method.
OWN = {
    "cell_typing/answer", "cell_typing/between_brains",
    "cell_typing/profiles", "cell_typing/seeds", "cell_typing/twins", "cell_typing/unseeded",
    "cell_typing/votes",
    "factors/pairs",
    "factors/parts",
    "factors/product",
    "factors/recipes",
    "generative/calibrated_law", "losses/block_likelihood", "losses/blocks",
    "losses/distance", "losses/link_loss",
    "maps/nearest", "matching/bisection", "matching/evidence", "matching/neighbourhood",
    "matching/orientation", "matching/type_prior", "matching/weights", "nn/architecture",
    "nn/deep_encoder",
    "nn/edge_attribute_heads", "nn/subgraph", "sparse/csr_rows",
    "sparse/degrees", "sparse/membership", "sparse/row_parts", "spectral/out_of_core",
    "spectral/spectrum",
}  # fmt: skip
# Other modules that must cite: published statistics, scores and data.
CITING = {
    "data/readers/celegans", "data/readers/flywire", "data/readers/larva_brain",
    "data/readers/mushroom_body", "data/readers/planetoid", "data/features/profile",
    "data/splits/split", "data/splits/negative_regimes", "data/synthetic/blockmodel",
    "metrics/graph_statistics", "metrics/links/calibration", "metrics/links/synapse_counts",
    "metrics/neurons/cell_types", "metrics/neurons/clusterings", "metrics/neurons/mixing",
    "metrics/neurons/temperature", "scores/blocks", "scores/neighbours", "scores/network",
    "scores/readout", "scores/similarity", "scores/wiring", "training/modules/autoencoder",
    "training/modules/deepwalk",
}  # fmt: skip


@dataclass(frozen=True)
class Public:
    """A public function, method or class, with what its docstring has to say."""

    place: str
    node: Function | ast.ClassDef
    arguments: dict[str, str]  # annotations by name
    returns: str
    raised: frozenset[str]

    @cached_property
    def doc(self) -> str:
        return inspect.cleandoc(ast.get_docstring(self.node) or "")

    @cached_property
    def sections(self) -> dict[str, str]:
        """Text of each section, that before and between them under ``""``."""
        found, name = {"": ""}, ""
        for line in self.doc.splitlines():
            if match := SECTION.match(line):
                name = match[1]
            elif line and not line.startswith(" "):
                name = ""
            found[name] = found.get(name, "") + line + "\n"
        return found

    @cached_property
    def entries(self) -> dict[str, str]:
        """What is said about each argument or attribute."""
        found: dict[str, str] = {}
        names: list[str] = []
        for section in ("Args", "Attributes"):
            for line in self.sections.get(section, "").splitlines()[1:]:
                if match := re.match(r" {4}([\w*][\w*, `]*):(.*)", line):
                    names = re.findall(r"\w+", match[1])
                    line = match[2]
                for name in names:
                    found[name] = found.get(name, "") + line + "\n"
        return found

    def without_shape(self) -> list[str]:
        """Arrays, "return" for what comes back, whose shape the docstring does not give."""
        prose = self.sections[""]
        if SHARED.search(prose):
            return []
        arrays = [n for n, kind in self.arguments.items() if ARRAY.search(kind)]
        left = [n for n in arrays if not SHAPE.search(self.entries.get(n, ""))]
        shapes = {match.start() for match in SHAPE.finditer(prose)}
        named = {}
        for name in left:
            pattern = rf"``{name}``[^.:;]{{0,60}}?({SHAPE.pattern})"
            if match := re.search(pattern, prose):
                named[name] = match.start(1)
        left = [name for name in left if name not in named]
        returned = self.sections.get("Returns", "") + self.sections.get("Yields", "")
        if ARRAY.search(self.returns) and not SHAPE.search(returned):
            left.insert(0, "return")
        return left[len(shapes - {*named.values()}) :]


def quantities(public: Public) -> Iterator[tuple[str, str, str]]:
    """Quantities with a unit: name, what is said about it, words of the unit."""
    name = public.node.name
    said = {n: public.entries.get(n, public.sections[""]) for n in public.arguments}
    if isinstance(public.node, Function):
        said[name] = public.doc
    for name, text in said.items():
        if not NUMBER.search(public.arguments.get(name, public.returns)):
            continue
        for words, unit in UNITS.items():
            if re.search(rf"(?:^|_)(?:{words})$", name):
                yield name, text, unit


def raised_by(node: ast.AST, helpers: dict[str, Function], errors: set[str]) -> Iterator[str]:
    """Errors for bad input that a function raises itself or through a private one beside it."""
    for inner in _run_by(node, errors):
        if isinstance(inner, ast.Raise) and isinstance(inner.exc, ast.Call):
            called = _name(inner.exc.func)
            if called in errors:
                yield called
            made = helpers[called].returns if called in helpers else None
            if made is not None and ast.unparse(made) in errors:
                yield ast.unparse(made)
        if isinstance(inner, ast.Call) and _name(inner.func) in helpers:
            name = _name(inner.func)
            rest = {key: value for key, value in helpers.items() if key != name}
            yield from raised_by(helpers[name], rest, errors)


def _run_by(node: ast.AST, errors: set[str]) -> Iterator[ast.AST]:
    """What runs when a function does, without what is caught there or turned into another error."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda):
            continue
        if isinstance(child, ast.With) and "named(" in ast.unparse(child.items[0]):
            continue
        yield child
        if isinstance(child, ast.Try) and _catches(child, errors):
            for part in (*child.handlers, *child.orelse, *child.finalbody):
                yield part
                yield from _run_by(part, errors)
        else:
            yield from _run_by(child, errors)


def _catches(node: ast.Try, errors: set[str]) -> bool:
    caught = " ".join(ast.unparse(h.type) if h.type else "Exception" for h in node.handlers)
    return any(error in caught for error in (*errors, "ValueError", "Exception"))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr if ast.unparse(node.value) in ("self", "cls") else ""
    return node.id if isinstance(node, ast.Name) else ""


def _arguments(node: Function) -> dict[str, str]:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return {a.arg: ast.unparse(a.annotation) for a in every if a.annotation}


def _fields(node: ast.ClassDef) -> dict[str, str]:
    found = {ast.unparse(s.target): s for s in node.body if isinstance(s, ast.AnnAssign)}
    return {n: ast.unparse(s.annotation) for n, s in found.items() if not n.startswith("_")}


def publics(path: Path, tree: ast.Module, errors: set[str]) -> Iterator[Public]:
    own = {f.name: f for f in tree.body if isinstance(f, Function) and f.name.startswith("_")}

    def of(node: Function, helpers: dict[str, Function], owner: str = "") -> Public:
        returns = ast.unparse(node.returns) if node.returns else ""
        raised = frozenset(raised_by(node, helpers, errors))
        place = f"{path.relative_to(ROOT)}:{node.lineno} {owner}{node.name}"
        return Public(place, node, _arguments(node), returns, raised)

    for node in tree.body:
        if getattr(node, "name", "_").startswith("_"):
            continue
        if isinstance(node, Function):
            yield of(node, own)
        elif isinstance(node, ast.ClassDef):
            methods = {s.name: s for s in node.body if isinstance(s, Function)}
            helpers = own | {n: m for n, m in methods.items() if n.startswith("_")}
            made = [methods[n] for n in ("__init__", "__post_init__", "__new__") if n in methods]
            arguments = _fields(node) | {k: v for m in made for k, v in _arguments(m).items()}
            raised = {error for m in made for error in raised_by(m, helpers, errors)}
            place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            yield (whole := Public(place, node, arguments, "", frozenset(raised)))
            told = whole.sections.get("Raises", "")
            known = {error for error in errors if error in told and "its methods" in told}
            for method in methods.values():
                if not method.name.startswith("_"):
                    made_by = of(method, helpers, f"{node.name}.")
                    yield replace(made_by, raised=made_by.raised - known)


FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in FILES}


ERRORS = {"InputError", "NotApplicableError"} | {
    node.name
    for tree in TREES.values()
    for node in tree.body
    if isinstance(node, ast.ClassDef) and "InputError" in map(ast.unparse, node.bases)
}
PUBLIC = [public for path in FILES for public in publics(path, TREES[path], ERRORS)]


def missing_errors(public: Public) -> set[str]:
    """Errors that it raises and does not name."""
    return {e for e in public.raised if e not in public.sections.get("Raises", "")}


def has_columns(text: str) -> bool:
    """Whether a text speaks of columns, or lists them: ``one, two``."""
    return bool(re.search(r"\b[Cc]olumns?\b|``[\w@]+, [^`]+``", text))


def test_errors_are_named() -> None:
    raising = [public for public in PUBLIC if public.raised]
    assert len(raising) > 200
    assert {p.place: missing_errors(p) for p in raising if missing_errors(p)} == {}


def test_arrays_have_shapes() -> None:
    counts = [p for p in PUBLIC if ARRAY.search(" ".join([p.returns, *p.arguments.values()]))]
    assert len(counts) > 300
    assert {p.place: p.without_shape() for p in counts if p.without_shape()} == {}


def test_tables_have_columns() -> None:
    returned = [(p.place, p.doc) for p in PUBLIC if FRAME.search(p.returns)]
    fields = [
        (f"{p.place}.{name}", p.entries.get(name, ""))
        for p in PUBLIC
        if isinstance(p.node, ast.ClassDef)
        for name, kind in p.arguments.items()
        if FRAME.search(kind)
    ]
    assert len(returned) > 30
    assert len(fields) > 5
    assert [place for place, text in returned + fields if not has_columns(text)] == []


def test_quantities_have_units() -> None:
    found = [(f"{p.place} {name}", *rest) for p in PUBLIC for name, *rest in quantities(p)]
    assert len(found) > 40
    assert [place for place, text, unit in found if not re.search(unit, text, re.I)] == []


def test_published_methods_name_their_source() -> None:
    names = {str(path.relative_to(PACKAGE).with_suffix("")): path for path in FILES}
    models = {n[7:] for n in names if n.startswith("models/") and not n.endswith("__init__")}
    assert OWN - models | CITING - names.keys() == set(), "modules of the lists that are gone"
    citing = CITING | {f"models/{name}" for name in models - OWN}
    assert len(citing) > 35
    assert [name for name in sorted(citing) if not SOURCE.search(names[name].read_text())] == []


def test_modules_say_in_a_sentence_what_they_hold() -> None:
    first = {str(p): (ast.get_docstring(t) or "").split("\n\n")[0] for p, t in TREES.items()}
    assert len(first) > 200
    assert [path for path, text in first.items() if not re.search(r"[.:]$", text)] == []


def test_what_is_missing_is_seen() -> None:
    """Each rule on a function that breaks it and on one that does not."""
    bad = """
def scores(pairs: Tensor, tolerance: float) -> Tensor:
    '''Scores of ``pairs``.'''
    _check(pairs)

def _check(pairs):
    raise InputError("no")
"""
    good = bad.replace(
        "Scores of ``pairs``.",
        "Scores ``[P]`` of ``pairs`` ``[2, P]``, to an absolute ``tolerance``.\n\n"
        "    Raises:\n        InputError: always.\n    ",
    )
    path = PACKAGE / "made_up.py"
    (one,) = publics(path, ast.parse(bad), ERRORS)
    (other,) = publics(path, ast.parse(good), ERRORS)
    assert (one.without_shape(), missing_errors(one)) == (["return", "pairs"], {"InputError"})
    assert (other.without_shape(), missing_errors(other)) == ([], set())
    units = [bool(re.search(unit, text)) for p in (one, other) for _, text, unit in quantities(p)]
    assert units == [False, True]
