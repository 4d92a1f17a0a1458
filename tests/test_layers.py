"""Who may import whom: the table of the house, read from the imports themselves."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import GOLDEN

from lstmbench.backends.entries import BACKENDS

ROOT = Path(__file__).parent.parent
FRAMEWORKS = {
    "numba", "llvmlite", "torch", "jax", "jaxlib", "flax", "tensorflow", "keras",
    "onnx", "onnxruntime", "openvino", "tensorrt", "cupy", "numba_cuda", "pynvml",
}  # fmt: skip
HEAVY = {
    *FRAMEWORKS, "numpy", "scipy", "pandas", "matplotlib", "pydantic", "psutil",
    "lstmbench_kernels",
}  # fmt: skip
# What prints help: the command line, and what that and Rich need; typing_extensions on old Python.
PRINTS = {
    "lstmbench", "typer", "rich", "click", "shellingham", "annotated_doc", "typing_extensions",
    "markdown_it", "mdurl", "pygments", "attr", "attrs",
}  # fmt: skip
LIMIT = 400


def files():
    """Every module of the two packages, by its dotted name."""
    found = {}
    for top in (ROOT / "lstmbench", ROOT / "kernels" / "lstmbench_kernels"):
        for path in sorted(top.rglob("*.py")):
            parts = path.relative_to(top.parent).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


FILES = files()


@cache
def imports_of(name, *, whenever=True):
    """The modules a module imports; only those at its import unless ``whenever``."""
    path = FILES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in walk(ast.parse(path.read_text(encoding="utf-8")), whenever=whenever):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                deeper = f"{base}.{alias.name}"
                found.add(deeper if deeper in FILES else base)
    return frozenset(found - {"__future__"})


def walk(tree, *, whenever):
    """The nodes of a tree; without ``whenever`` not those in functions or for type checkers."""
    for node in ast.iter_child_nodes(tree):
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not whenever and (function or typing):
            continue
        yield node
        yield from walk(node, whenever=whenever)


def reached_from(*names):
    """All modules that are loaded when these are, within the two packages and outside."""
    reached, left = set(), list(names)
    while left:
        name = left.pop()
        if name in reached:
            continue
        reached.add(name)
        if name in FILES:
            left += imports_of(name, whenever=False)
            left += [name.rsplit(".", n)[0] for n in range(1, name.count(".") + 1)]
    return reached


def tops(names):
    return {name.partition(".")[0] for name in names}


def within(package):
    return [name for name in FILES if name == package or name.startswith(f"{package}.")]


# --- the reader of imports reads imports


def test_imports_are_found_wherever_they_stand():
    assert "lstmbench.running.session" not in imports_of("lstmbench.commands.run", whenever=False)
    assert "lstmbench.running.session" in imports_of("lstmbench.commands.run")
    assert "lstmbench.timing.clock" in imports_of("lstmbench.backends.fake")
    assert "lstmbench.backends.base" in imports_of("lstmbench.backends.fake")
    assert "numpy" in reached_from("lstmbench.analysis.summary")


# --- the kernels


@pytest.mark.parametrize("name", within("lstmbench_kernels"))
def test_the_kernels_know_nothing_of_the_tool(name):
    assert "lstmbench" not in tops(imports_of(name))


@pytest.mark.parametrize("name", within("lstmbench_kernels.reference"))
def test_the_oracle_shares_nothing_but_the_spec(name):
    ours = {module for module in imports_of(name) if module.startswith("lstmbench_kernels")}

    assert tops(imports_of(name)) - set(sys.stdlib_module_names) <= {"numpy", "lstmbench_kernels"}
    assert all(
        module == "lstmbench_kernels.spec" or module.startswith("lstmbench_kernels.reference")
        for module in ours
    )


@pytest.mark.parametrize("name", within("lstmbench_kernels.cpu"))
def test_the_cpu_does_not_import_the_gpu(name):
    assert not any(module.startswith("lstmbench_kernels.cuda") for module in imports_of(name))
    assert "numba.cuda" not in imports_of(name)


def test_the_gpu_does_not_import_the_cpu():
    for name in within("lstmbench_kernels.cuda"):
        assert not any(module.startswith("lstmbench_kernels.cpu") for module in imports_of(name))


@pytest.mark.parametrize("name", within("lstmbench_kernels.cells"))
def test_a_cell_knows_neither_processor(name):
    assert not any(
        module.startswith(("lstmbench_kernels.cpu", "lstmbench_kernels.cuda"))
        for module in imports_of(name)
    )


def test_the_spec_needs_the_standard_library_alone():
    assert tops(imports_of("lstmbench_kernels.spec")) <= set(sys.stdlib_module_names)


def test_the_kernels_folder_is_no_package():
    assert not (ROOT / "kernels" / "__init__.py").exists()


# --- the tool

ADAPTERS = {f"lstmbench.backends.{entry.module}": entry for entry in BACKENDS.values()}


@pytest.mark.parametrize("name", within("lstmbench.tasks"))
def test_a_task_needs_numpy_alone(name):
    assert tops(reached_from(name)) - set(sys.stdlib_module_names) <= {"lstmbench", "numpy"}


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_backend_imports_no_other(name):
    assert not imports_of(name) & (set(ADAPTERS) - {name})


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_backend_imports_only_the_framework_it_is_for(name):
    frameworks = tops(imports_of(name)) & FRAMEWORKS - {"llvmlite"}

    assert frameworks <= {*ADAPTERS[name].packages, "onnx"}


def test_only_the_registry_loads_backends():
    importers = [name for name in FILES if imports_of(name) & set(ADAPTERS)]

    assert importers == []


# From the top floor down; the README of the tool tells what is on each.
FLOORS = [
    set(re.findall(r"`(\w+)`", names))
    for names in re.findall(
        r"^- ((?:`\w+`(?:, )?)+):",
        (ROOT / "lstmbench" / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
]


def part(name):
    """The module or package of the tool that a module is, or is in; empty for the tool itself."""
    return f"{name}.".split(".")[1]


def test_every_part_of_the_tool_has_a_floor():
    named = [each for floor in FLOORS for each in floor]

    assert len(named) == len(set(named))
    assert set(named) == {part(name) for name in within("lstmbench")} - {""}


@pytest.mark.parametrize("name", [name for name in within("lstmbench") if part(name)])
def test_imports_go_down(name):
    floor = {each: n for n, floor in enumerate(FLOORS) for each in floor}
    used = {part(each) for each in imports_of(name) if each.startswith("lstmbench.")}

    assert {each for each in used - {part(name)} if floor[each] <= floor[part(name)]} == set()


# What reads files works on a machine that has no backend.
READERS = {
    "analysis", "comparison", "formats", "history", "machine", "markdown", "report", "result",
    "screen", "sparkline", "statistics", "terminal",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in within("lstmbench") if part(name) in READERS])
def test_what_reads_files_needs_no_backend_and_no_framework(name):
    reached = reached_from(name)

    assert not tops(reached) & FRAMEWORKS
    assert not reached & {*ADAPTERS, *within("lstmbench.running")}


def test_the_command_line_imports_what_takes_time_only_when_it_is_needed():
    reached = tops(reached_from("lstmbench.cli"))

    assert reached - set(sys.stdlib_module_names) == {"lstmbench", "typer"}


def test_markdown_needs_the_standard_library_alone():
    assert tops(imports_of("lstmbench.markdown")) <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", [name for name in within("lstmbench") if name != "lstmbench.cli"])
def test_nothing_imports_the_command_line(name):
    assert "lstmbench.cli" not in imports_of(name)


@pytest.mark.parametrize("name", FILES)
def test_modules_are_nouns_of_their_own(name):
    assert name.rpartition(".")[2] not in {"utils", "util", "helpers", "common", "misc", "tools"}


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_longer_than_can_be_read(name):
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= LIMIT


# --- what is really loaded


def loaded_by(code):
    """The top-level modules that a piece of code loads in a fresh process."""
    script = f"{code}\nimport json, sys\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return tops(json.loads(done.stderr))


def test_importing_the_kernels_loads_nothing_of_training():
    script = "import lstmbench_kernels, lstmbench_kernels.layer, sys\n"
    script += "assert not [name for name in sys.modules if 'training' in name.split('.')]"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def command(*arguments):
    return (
        "from lstmbench.cli import main\n"
        f"try:\n    main({list(arguments)!r})\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
    )


def test_importing_the_tool_loads_nothing_heavy():
    assert not loaded_by("import lstmbench") & HEAVY


def test_a_page_without_pictures_does_not_load_what_draws_them():
    assert "matplotlib" not in loaded_by("import lstmbench.report.page")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    # Typer reads the numbers of a command with pydantic.
    allowed = {"pydantic"} if arguments[0] == "run" else set()

    assert loaded_by(command(*arguments)) & HEAVY <= allowed


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", str(GOLDEN / "result.json")],
        ["compare", *[str(GOLDEN / "result.json")] * 2],
        ["history", str(GOLDEN / "result.json")],
        ["report", "--schema"],
        ["list"],
        ["list", "rows"],
    ],
    ids=lambda arguments: " ".join(arguments[:1] + arguments[1:2]).split("/")[0],
)
def test_a_command_that_reads_files_loads_no_framework(arguments):
    assert not loaded_by(command(*arguments)) & FRAMEWORKS


def test_help_loads_what_prints_it_and_nothing_else():
    """It is to be there at once: 0.2 s, of which any other package would take its part."""
    at_start = loaded_by("") | set(sys.stdlib_module_names)
    found = loaded_by(command("--help")) - at_start

    assert found <= PRINTS, found - PRINTS
