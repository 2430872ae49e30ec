#!/usr/bin/env python3
"""Runs the golden tests against a built program. Needs Python 3.11 and its standard library only.

    tests/golden/run.py [--program build/release/penstock] [--tally FILE] [--list] [WORDS...]

With WORDS only the cases whose group or name contains one of them. Exit status 0: nothing failed.
"""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import sys
import tempfile
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import golden  # noqa: E402


def load_cases():
    for file in sorted((HERE / "cases").glob("*.py")):
        importlib.import_module(f"cases.{file.stem}")
    return golden.CASES


def run_case(function, program):
    """-> ("passed" | "failed" | "skipped", why)"""
    with tempfile.TemporaryDirectory(prefix="penstock-golden-") as folder:
        workspace = golden.Workspace(folder, program)
        try:
            function(workspace)
            return "passed", ""
        except golden.Skip as skip:
            return "skipped", str(skip)
        except golden.Failure as failure:
            return "failed", str(failure)
        except Exception:  # a broken case is a failed case
            return "failed", traceback.format_exc()
        finally:
            workspace.end_all()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--program", default="build/release/penstock")
    options.add_argument("--tally", help="write `PASSED FAILED SKIPPED` to this file")
    options.add_argument("--list", action="store_true")
    options.add_argument("words", nargs="*")
    chosen = options.parse_args()

    cases = [c for c in load_cases() if not chosen.words or any(word in f"{c[0]}: {c[1]}" for word in chosen.words)]
    if chosen.list:
        print("\n".join(f"{group}: {name}" for group, name, _ in cases))
        return 0
    program = pathlib.Path(chosen.program).resolve()
    if not os.access(program, os.X_OK):
        sys.exit(f"no program at {program}: build it first (cmake --build --preset release)")

    counts = dict(passed=0, failed=0, skipped=0)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = pool.map(lambda c: run_case(c[2], program), cases)
        for (group, name, _), (outcome, why) in zip(cases, outcomes):
            counts[outcome] += 1
            if outcome != "passed":
                print(f"{outcome}: {group}: {name}: {why}", flush=True)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    if chosen.tally:
        pathlib.Path(chosen.tally).write_text("{passed} {failed} {skipped}\n".format(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
