#!/usr/bin/env python3
"""Runs the integration tests against a built program: crashes, faults, rotation, real peers, scale. Needs Python 3.11 and its
standard library only; tests of real peers are skipped where those are not installed.

    tests/integration/run.py [--program build/release/penstock] [--kills N] [--seed S] [--tally FILE] [--list] [WORDS...]

With WORDS only the cases whose group or name contains one of them. Exit status 0: nothing failed.
"""
import argparse
import concurrent.futures
import importlib
import multiprocessing
import os
import pathlib
import signal
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "golden")]
sys.dont_write_bytecode = True

import golden  # noqa: E402
from harness.site import Site  # noqa: E402

KILLS = 50            # of a crash run, unless the command line says otherwise
SECONDS_MAX = 240     # of one case with that many kills


def load_cases():
    for file in sorted((HERE / "cases").glob("*.py")):
        importlib.import_module(f"cases.{file.stem}")
    return golden.CASES


def overdue(_signal, _frame):
    raise golden.Failure("the case took too long")


def run_case(index, program, kills, seed):
    """-> ("passed" | "failed" | "skipped", why, what it noted, seconds); in a process of its own"""
    started = time.monotonic()
    signal.signal(signal.SIGALRM, overdue)
    signal.alarm(SECONDS_MAX * max(1, kills // KILLS))
    with tempfile.TemporaryDirectory(prefix="penstock-integration-") as folder:
        site = Site(folder, program, kills, seed)
        outcome, why = "failed", ""
        try:
            golden.CASES[index][2](site)
            outcome = "passed"
        except golden.Skip as skip:
            outcome, why = "skipped", str(skip)
        except golden.Failure as failure:
            why = f"(seed {seed}) {failure}"
        except Exception:  # a broken case is a failed case
            why = f"(seed {seed}) {traceback.format_exc()}"
        finally:
            signal.alarm(0)
            site.end_all()
    return outcome, why, site.notes, time.monotonic() - started


def run_all(cases, options, program):
    """Most cases wait more than they work, so twice as many as cores run side by side; those that measure come last, each alone."""
    context = multiprocessing.get_context("fork")
    alone = {index for index in cases if getattr(golden.CASES[index][2], "measures", False)}
    arguments = (program, options.kills, options.seed)
    for chosen, workers in (([i for i in cases if i not in alone], 2 * os.cpu_count()), ([i for i in cases if i in alone], 1)):
        with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
            futures = {pool.submit(run_case, index, *arguments): index for index in chosen}
            for future in concurrent.futures.as_completed(futures):
                try:
                    yield futures[future], future.result()
                except concurrent.futures.process.BrokenProcessPool as broken:
                    yield futures[future], ("failed", str(broken), [], 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="build/release/penstock")
    parser.add_argument("--kills", type=int, default=KILLS, help="of each crash run")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of what is random")
    parser.add_argument("--tally", help="write `PASSED FAILED SKIPPED` to this file")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()

    load_cases()
    titles = [f"{group}: {name}" for group, name, _ in golden.CASES]
    cases = [i for i, title in enumerate(titles) if not options.words or any(word in title for word in options.words)]
    if options.list:
        print("\n".join(titles[i] for i in cases))
        return 0
    program = pathlib.Path(options.program).resolve()
    if not os.access(program, os.X_OK):
        sys.exit(f"no program at {program}: build it first (cmake --build --preset release)")

    print(f"seed {options.seed}, {options.kills} kills in each crash run", flush=True)
    counts = dict(passed=0, failed=0, skipped=0)
    for index, (outcome, why, notes, seconds) in run_all(cases, options, program):
        counts[outcome] += 1
        print(f"{outcome}: {titles[index]} ({seconds:.1f} s){': ' if why else ''}{why}", flush=True)
        for note in notes:
            print(f"  {note}", flush=True)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    if options.tally:
        pathlib.Path(options.tally).write_text("{passed} {failed} {skipped}\n".format(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
