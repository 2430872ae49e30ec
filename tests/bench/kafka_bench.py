"""What the benchmarks beside Kafka's own tools have in common: a broker and a folder in memory, the events, how runs are timed, and the table."""
import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests/integration"), str(ROOT / "tests/golden")]

from harness.kafka import Kafka, java  # noqa: E402
from harness.site import Site  # noqa: E402

PROGRAM = ROOT / "build/release/penstock"
GENERATE = ROOT / "build/bench/bench_generate"
PARTITIONS = 6
MEMORY = ("-Xms512m", "-Xmx512m")  # of a broker, and of each tool
SEED = 42


def options(mib, copies):
    """The command line that all have, with these defaults, to be added to"""
    known = argparse.ArgumentParser()
    known.add_argument("--mib", type=int, default=mib, help=f"size of the input (default {mib})")
    known.add_argument("--copies", type=int, default=copies, help=f"how often it goes through (default {copies})")
    known.add_argument("--runs", type=int, default=3, help="runs of each, in turn (default 3)")
    known.add_argument("--compressions", default="none,lz4", help="comma separated")
    return known


@contextlib.contextmanager
def broker(**configuration):
    """-> (an empty folder, in memory where there is one; a Kafka of one broker): both are gone at the end. With _ for dots."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        work = pathlib.Path(folder)
        site = Site(work, PROGRAM, 0, SEED)
        try:
            yield work, Kafka(site, memory=MEMORY, configuration={name.replace("_", "."): value for name, value in configuration.items()})
        finally:
            site.end_all()


def write_events(path, mib):
    with open(path, "wb") as out:
        subprocess.run([GENERATE, "edge", str(mib), str(SEED)], stdout=out, check=True)


def penstock(script, workers, **settings):
    """-> seconds of the whole process"""
    command = [PROGRAM, "run", HERE / script, "--workers", str(workers)]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    started = time.perf_counter()
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"penstock ended with {done.returncode}:\n{done.stderr}")
    return seconds


def tool(main, *arguments):
    """-> what one of Kafka's tools said"""
    done = subprocess.run(java(main, *arguments, memory=MEMORY), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{main} ended with {done.returncode}:\n{done.stdout[-1000:]}\n{done.stderr[-1000:]}")
    return done.stdout


def in_turn(runs, *measures):
    """Calls each with the number of its turn. -> the median seconds of each: the first turn warms up, and does not count"""
    times = [[measure(turn) for measure in measures] for turn in range(runs + 1)]
    return [statistics.median(of_one) for of_one in zip(*times[1:])]


class Table:
    """Rows are printed as they come. `columns` says what tells them apart, as Markdown writes a row."""

    def __init__(self, messages, size, runs, columns, alignment):
        self.messages, self.size = messages, size
        print(f"{messages:,} messages of {size / messages:,.0f} bytes in the mean, {PARTITIONS} partitions, one broker, {os.cpu_count()} cores for all, median of {runs} runs\n")
        print(f"| {columns} | events/s | MB/s | perf-test events/s | MB/s | of the perf-test |")
        print(f"| {alignment} | ---: | ---: | ---: | ---: | ---: |", flush=True)

    def row(self, cells, ours, theirs):
        rates = " | ".join(f"{self.messages / seconds:,.0f} | {self.size / seconds / 1e6:,.0f}" for seconds in (ours, theirs))
        print(f"| {cells} | {rates} | {theirs / ours:.2f} |", flush=True)
