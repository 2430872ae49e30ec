#!/usr/bin/env python3
"""Measures events out of a real Kafka, through filter and fields, beside Kafka's own kafka-consumer-perf-test, and prints a table in Markdown.

    tests/bench/kafka_source.py [--mib 512] [--copies 2] [--runs 3] [--compressions none,lz4]

Called by `scripts/bench kafka`, which builds what is needed. Both read the same topic from the same broker, which runs beside them on the same
cores, each time as a group that is new. What is timed of penstock is the whole process, start and end included; of the perf test only its fetching, as it
counts it: without the start of its JVM and without joining its group.
"""
import argparse
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
sys.dont_write_bytecode = True

from harness.kafka import Kafka, java  # noqa: E402
from harness.site import Site  # noqa: E402

PROGRAM = ROOT / "build/release/penstock"
GENERATE = ROOT / "build/bench/bench_generate"
PARTITIONS = 6
BROKER_MEMORY = ("-Xms512m", "-Xmx512m")
SEED = 42


def penstock(kafka, topic, group, workers):
    """-> seconds"""
    started = time.perf_counter()
    command = [PROGRAM, "run", HERE / "kafka_source.lua", "--workers", str(workers), "--set", f"brokers={kafka.addresses()}", "--set", f"topic={topic}", "--set", f"group={group}"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"penstock ended with {done.returncode}:\n{done.stderr}")
    return time.perf_counter() - started


def perf_test(kafka, topic, group, messages):
    """-> seconds of fetching, as it counts them"""
    command = java("org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server", kafka.addresses(), "--topic", topic, "--group", group, "--messages", messages, "--timeout", "60000",
                   memory=("-Xms512m", "-Xmx512m"))
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    names, values = [[cell.strip() for cell in line.split(",")] for line in said.splitlines() if "," in line][-2:]
    row = dict(zip(names, values))
    return float(row["fetch.time.ms"]) / 1000 * messages / int(row["data.consumed.in.nMsg"])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--mib", type=int, default=512, help="size of the input (default 512)")
    options.add_argument("--copies", type=int, default=2, help="how often it is in the topic (default 2)")
    options.add_argument("--runs", type=int, default=3, help="runs of each, in turn (default 3)")
    options.add_argument("--compressions", default="none,lz4", help="comma separated")
    chosen = options.parse_args()

    with tempfile.TemporaryDirectory(prefix="penstock-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        work = pathlib.Path(folder)
        data = subprocess.run([GENERATE, "edge", str(chosen.mib), str(SEED)], stdout=subprocess.PIPE, check=True).stdout
        messages = data.count(b"\n") * chosen.copies
        size = (len(data) - data.count(b"\n")) * chosen.copies
        site = Site(work, PROGRAM, 0, SEED)
        try:
            kafka = Kafka(site, memory=BROKER_MEMORY)
            print(f"{messages:,} messages of {size / messages:,.0f} bytes in the mean, {PARTITIONS} partitions, one broker, {os.cpu_count()} cores for all, median of {chosen.runs} runs\n")
            print("| compression | workers | events/s | MB/s | perf-test events/s | MB/s | of the perf-test |")
            print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
            for compression in chosen.compressions.split(","):
                topic = kafka.create(f"bench-{compression}", partitions=PARTITIONS)
                for _ in range(chosen.copies):
                    kafka.produce(topic, data, "-X", f"compression.codec={compression}", "-X", "linger.ms=50", "-X", "queue.buffering.max.messages=5000000",
                                  "-X", "queue.buffering.max.kbytes=2000000")
                times = {1: [], 2: [], "theirs": []}
                for turn in range(chosen.runs + 1):  # the first of each warms up
                    for workers in (1, 2):
                        times[workers].append(penstock(kafka, topic, f"ours-{workers}-{turn}", workers))
                    times["theirs"].append(perf_test(kafka, topic, f"theirs-{turn}", messages))
                other = statistics.median(times["theirs"][1:])
                for workers in (1, 2):
                    mine = statistics.median(times[workers][1:])
                    print(f"| {compression} | {workers} | {messages / mine:,.0f} | {size / mine / 1e6:,.0f} | {messages / other:,.0f} | {size / other / 1e6:,.0f} | {other / mine:.2f} |", flush=True)
                kafka.delete(topic)
        finally:
            site.end_all()


if __name__ == "__main__":
    main()
