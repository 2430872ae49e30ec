"""Every script in examples/ is checked, explained, tested and run on its sample input from a clean folder; stdout and files are
compared with examples/expected/NAME. After a wanted change: UPDATE_EXPECTED=1 tests/golden/run.py examples"""
import os
import shutil

from golden import ROOT, Failure, case

EXAMPLES = ROOT / "examples"
EXPECTED = EXAMPLES / "expected"


def produced(w):
    return {str(f.relative_to(w.path)): f.read_bytes() for f in sorted((w.path / "out").rglob("*")) if f.is_file()}


def expected(name):
    folder = EXPECTED / name
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def run_example(w, script):
    (w.path / "examples").symlink_to(EXAMPLES)
    (w.path / "out").mkdir()
    w.run("check", script).exits(0)
    w.run("explain", script).exits(0).prints_like(r"pipeline|source")
    done = w.run("run", script).exits(0)
    return {**({"stdout": done.stdout} if done.stdout else {}), **produced(w)}


def example(script):
    def compares(w):
        found = run_example(w, f"examples/{script.name}")
        if os.environ.get("UPDATE_EXPECTED"):
            shutil.rmtree(EXPECTED / script.stem, ignore_errors=True)
            for name, content in found.items():
                file = EXPECTED / script.stem / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        wanted = expected(script.stem)
        if not wanted:
            raise Failure(f"examples/expected/{script.stem} has no files: an example must show something")
        for name in sorted({*wanted, *found}):
            if wanted.get(name) != found.get(name):
                raise Failure(f"{name} differs: expected {wanted.get(name, b'no such file')[:600]!r}, found {found.get(name, b'no such file')[:600]!r}")

    return compares


for script in sorted(EXAMPLES.glob("*.lua")):
    case(example(script), f"{script.name} gives what examples/expected says")


@case
def cases_in_scripts_pass(w):
    (w.path / "examples").symlink_to(EXAMPLES)
    w.run("test", "examples/tested.lua").exits(0)
