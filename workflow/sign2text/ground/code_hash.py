"""Hash of the code that makes a stage's artefacts: if it changes, the stage must run again."""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from sign2text.ground.method_packages import (
    PACKAGE,
    ROOT,
    method_packages,
    package_folder,
    stage_modules,
)

ADAPTERS = tuple(
    f"{PACKAGE}.data.{kind}adapters"
    for kind in ("", "class_", "caption_", "landmark_", "rendered_")
)
TRANSLATOR = f"{PACKAGE}.models.trained_model"

# Plumbing modules pass on settings, files and messages, and do not affect artefacts. They include
# the corpus's page, because all stages of a corpus depend on check_corpus, which writes it.
PLUMBING = frozenset(
    f"{PACKAGE}.{name}"
    for name in (
        "commands.main",
        "config.checks",
        "config.corpora",
        "config.documentation",
        "config.inheritance",
        "config.json_options",
        "config.keys",
        "config.layers",
        "config.listings",
        "config.methods",
        "config.pair_settings",
        "config.project",
        "config.reads",
        "config.stages",
        "ground.addresses",
        "ground.code_hash",
        "ground.errors",
        "ground.files",
        "ground.json_bounds",
        "ground.memory",
        "ground.method_packages",
        "ground.query_secrets",
        "ground.runner",
        "ground.settings",
        "ground.storage",
        "ground.terminal",
        "ground.work_limit",
        "ground.yaml_bounds",
        "jobs.clock",
        "jobs.command_line",
        "jobs.waiting",
        "lineage.identity",
        "pages.corpus_page",
        "pages.histogram",
        "pages.page",
        "training.limited",
        "training.logging",
    )
)
_DESCRIBED = frozenset({"Field", "Convention"})  # their argument `description` is for people
_LOGGERS = frozenset({"log", "logger", "logging"})
_STATEMENTS = ("body", "orelse", "finalbody", "handlers", "cases")  # fields that hold statements
# Names that place a stage in the workflow and do not affect its outputs.
_WIRING = frozenset(
    {
        *("FOLLOWS", "OF_CLASSES", "PICTURES", "PLANNED", "READS", "READS_GLOSSES"),
        *("READS_VIDEOS", "SCOPE", "SHARES_SEEDS", "TRAINS", "reads"),
    }
)


@functools.cache
def code_hash(
    stage: str,
    root: Path = ROOT,
    *,
    adapters: tuple[str, ...] = (),
    translators: tuple[str, ...] = (),
) -> str:
    """Return the hash, 16 hex digits, of the modules that stage `stage` imports.

    The hash covers direct and indirect imports, also inside functions, and each script (.js) next
    to a module and with its name. It ignores code that cannot change an artefact: comments,
    docstrings, layout, descriptions of settings, logger calls, the `__main__` block, the stage's
    place in the workflow (`_WIRING`, and functions of `Settings`), and plumbing. It also ignores
    libraries: another version of one re-runs nothing.
    Stages import adapters and translators dynamically. `adapters` and `translators` name the
    modules that the stage may import that way.
    Raises ValueError if the stage does not exist.
    """
    return _hash_of(modules_of(stage, root, adapters, translators), root)


@functools.cache
def module_hash(module: str, root: Path = ROOT) -> str:
    """Return the `code_hash` of one module and its imports, for objects imported by name."""
    return _hash_of(_used_by(module, root), root)


def _hash_of(modules: tuple[str, ...], root: Path) -> str:
    digest = hashlib.sha256()
    for name in modules:
        path = _module_path(name, root)
        digest.update(f"{name}\n{_read_module(path).code}\n".encode())
        if (script := path.with_suffix(".js")).is_file():
            digest.update(script.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def modules_of(
    stage: str,
    root: Path = ROOT,
    adapters: tuple[str, ...] = (),
    translators: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """List the modules of the package and the method that stage `stage` uses, itself included.

    They are sorted. The arguments are the same as for `code_hash`.
    """
    if stage not in stage_modules(root):
        raise ValueError(f"{stage}: there is no module workflow/{PACKAGE}/stages/{stage}.py")
    return _used_by(stage_modules(root)[stage], root, adapters, translators)


def _used_by(
    module: str, root: Path, adapters: tuple[str, ...] = (), translators: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """List `module` and its direct and indirect imports, sorted."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _module_path(name, root)
        if path is None or name in found or (name != module and is_plumbing(name, root)):
            continue
        found.add(name)
        # Importing a module runs the packages around it.
        waiting.append(name.rpartition(".")[0])
        waiting.extend(_absolute(name, path, each) for each in _read_module(path).imports)
        if name in ADAPTERS:  # an adapter is a module of one of them
            waiting.extend(f"{name}.{each}" for each in adapters)
        if name == TRANSLATOR:
            waiting.extend(translators)
    return tuple(sorted(found))


def libraries_of(
    stage: str,
    root: Path = ROOT,
    *,
    adapters: tuple[str, ...] = (),
    translators: tuple[str, ...] = (),
) -> frozenset[str]:
    """Return the top-level names of packages outside this one that stage `stage` imports."""
    names = {
        name.partition(".")[0]
        for module in modules_of(stage, root, adapters, translators)
        for level, name in _read_module(_module_path(module, root)).imports
        if not level
    }
    return frozenset(names - {PACKAGE})


def is_plumbing(module: str, root: Path = ROOT) -> bool:
    """Return whether changes of `module` affect no artefact."""
    return module in PLUMBING or module in _declarations(root)


@functools.cache
def _declarations(root: Path) -> frozenset[str]:
    """Return the modules `method`, in which methods describe themselves to the workflow."""
    return frozenset(f"{package}.method" for package in method_packages(root).values())


class _Module:
    """A parsed module: its imports, and its code without the ignored parts."""

    def __init__(self, source: str, path: Path) -> None:
        tree = ast.parse(source, filename=str(path))
        self.imports = sorted(set(_imports(tree)))
        # Unparse instead of ast.dump: Python versions dump the same tree differently.
        self.code = ast.unparse(_Essence("description" in source).visit(tree))


@functools.cache
def _read_module(path: Path) -> _Module:
    return _Module(path.read_text(encoding="utf-8"), path)


@functools.cache
def _module_path(name: str, root: Path) -> Path | None:
    """Return the file of a module in this package or a method's; None for other modules."""
    package, _, last = name.rpartition(".")
    if name.partition(".")[0] not in _packages():
        return None
    if (folder := package_folder(name, root)) and (folder / "__init__.py").is_file():
        return folder / "__init__.py"
    folder = package_folder(package, root) if package else None
    path = folder / f"{last}.py" if folder else None
    return path if path and path.is_file() else None


@functools.cache
def _packages() -> frozenset[str]:
    """Return the top-level packages that the hash covers: this one and the methods'."""
    return frozenset({PACKAGE, *(each.partition(".")[0] for each in method_packages().values())})


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (level, name) of all imports, also nested ones; `from a import b` gives a and a.b."""
    waiting = [tree]
    while waiting:  # only statements: ast.walk would visit all expressions too
        node = waiting.pop()
        for field in _STATEMENTS:
            waiting.extend(getattr(node, field, ()))
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield (node.level, module)
            for alias in node.names:
                yield (node.level, f"{module}.{alias.name}" if module else alias.name)


def _absolute(importer: str, path: Path, imported: tuple[int, str]) -> str:
    """Return the full name of an import in `importer`; empty for modules of other packages."""
    level, name = imported
    if not level:
        return name if name.partition(".")[0] in _packages() else ""
    parts = importer.split(".")
    parts = parts[: len(parts) - level + (path.name == "__init__.py")]
    return ".".join([*parts, name] if name else parts)


class _Essence(ast.NodeTransformer):
    """A transformer that removes the code that cannot change an artefact."""

    def __init__(self, described: bool) -> None:
        """Visit expressions too if `described`: the module may have descriptions to remove."""
        self.described = described

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = [each for each in node.body if not _is_wiring(each)]
        self.generic_visit(node)
        node.body = [each for each in node.body if not isinstance(each, ast.Pass)]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant) or _is_logging(node.value):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _DESCRIBED:
            node.keywords = [each for each in node.keywords if each.arg != "description"]
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if self.described:
            super().generic_visit(node)
        else:
            for field in _STATEMENTS:
                if each := getattr(node, field, None):
                    each[:] = [self.visit(statement) for statement in each]
        body = getattr(node, "body", None)
        if isinstance(body, list) and len(body) > 1:
            kept = [each for each in body if not isinstance(each, ast.Pass)]
            node.body = kept or [ast.Pass()]
        return node


def _is_logging(value: ast.AST) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and isinstance(value.func.value, ast.Name)
        and value.func.value.id in _LOGGERS
    )


def _is_wiring(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(each, ast.Name) and each.id in _WIRING for each in targets)
    if isinstance(node, ast.FunctionDef):
        kinds = [ast.unparse(each.annotation) for each in node.args.args if each.annotation]
        return node.name in _WIRING or kinds == ["Settings"]
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
