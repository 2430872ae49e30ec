#!/usr/bin/env python3
"""Measures events into a real Kafka beside Kafka's own kafka-producer-perf-test, and prints a table in Markdown.

    tests/bench/kafka.py [--mib 256] [--copies 4] [--runs 3] [--batches 16384:0,1000000:5] [--compressions none,lz4]

Called by `scripts/bench kafka`, which builds what is needed. Both write to the same broker, which runs beside them on the same cores, as
many messages of the same sizes (the perf test is given penstock's own messages to choose from), with acks of all replicas, an idempotent
producer, and the same batch.size and linger.ms. What is timed of penstock is the whole process, start and end included, from the edge log's file
over filter and fields; of the perf test only what it counts itself, without the start of its JVM.
"""
import argparse
import os
import pathlib
import re
import shutil
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


def shape_of(data, work):
    """-> (messages, their bytes, a file with a sample of them): what the script makes of the data"""
    out = work / "shape.ndjson"
    script = (HERE / "kafka_sink.lua").read_text()
    sink = re.search(r"  p\.sink\.kafka \{.*?\n  \},\n", script, re.S)[0]
    (work / "shape.lua").write_text(script.replace(sink, f'  p.sink.file {{ path = "{out}" }},\n'))
    subprocess.run([PROGRAM, "run", work / "shape.lua", "--set", f"input={data}"], check=True, stderr=subprocess.DEVNULL)
    lines = out.read_bytes().splitlines()
    out.unlink()
    sample = work / "sample.ndjson"
    sample.write_bytes(b"\n".join(lines[:20_000]) + b"\n")
    return len(lines), sum(map(len, lines)), sample


def penstock(data, kafka, topic, batch, linger, compression):
    """-> seconds"""
    started = time.perf_counter()
    command = [PROGRAM, "run", HERE / "kafka_sink.lua", "--workers", "1", "--set", f"input={data}", "--set", f"brokers={kafka.addresses()}", "--set", f"topic={topic}",
               "--set", f"compression={compression}", "--set", f"batch_bytes={batch}", "--set", f"linger_ms={linger}"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"penstock ended with {done.returncode}:\n{done.stderr}")
    return time.perf_counter() - started


def perf_test(kafka, topic, messages, sample, batch, linger, compression):
    """-> seconds, as it counts them"""
    properties = [f"bootstrap.servers={kafka.addresses()}", "acks=all", "enable.idempotence=true", f"batch.size={batch}", f"linger.ms={linger}",
                  f"compression.type={compression}", "buffer.memory=67108864"]
    command = java("org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", messages, "--payload-file", sample, "--throughput", "-1",
                   "--producer-props", *properties, memory=("-Xms512m", "-Xmx512m"))
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout
    rate = re.findall(rf"^{messages} records sent, ([\d.]+) records/sec", said, re.M)
    if not rate:
        sys.exit(f"kafka-producer-perf-test said:\n{said[-2000:]}")
    return messages / float(rate[-1])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--mib", type=int, default=256, help="size of the input (default 256)")
    options.add_argument("--copies", type=int, default=4, help="how often it is read (default 4)")
    options.add_argument("--runs", type=int, default=3, help="runs of each, in turn (default 3)")
    options.add_argument("--batches", default="16384:5,1000000:5", help="batch.size:linger.ms, comma separated")
    options.add_argument("--compressions", default="none,lz4", help="comma separated")
    chosen = options.parse_args()

    with tempfile.TemporaryDirectory(prefix="penstock-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        work = pathlib.Path(folder)
        data = work / "edge.ndjson"
        with open(data, "wb") as out:
            subprocess.run([GENERATE, "edge", str(chosen.mib), str(SEED)], stdout=out, check=True)
        messages, size, sample = shape_of(data, work)
        messages, size = messages * chosen.copies, size * chosen.copies
        for copy in range(1, chosen.copies):
            os.link(data, work / f"edge-{copy}.ndjson")
        data = work / "edge*.ndjson"
        site = Site(work, PROGRAM, 0, SEED)
        try:
            kafka = Kafka(site, memory=BROKER_MEMORY, configuration={"log.segment.bytes": 64 << 20, "log.segment.delete.delay.ms": 500})
            print(f"{messages:,} messages of {size / messages:,.0f} bytes in the mean, {PARTITIONS} partitions, one broker, {os.cpu_count()} cores for all, median of {chosen.runs} runs\n")
            print("| batch.size, linger.ms | compression | events/s | MB/s | perf-test events/s | MB/s | of the perf-test |")
            print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
            number = 0
            for setting in chosen.batches.split(","):
                batch, linger = setting.split(":")
                for compression in chosen.compressions.split(","):
                    ours, theirs = [], []
                    for turn in range(chosen.runs + 1):  # the first of each warms up
                        for run, times in ((lambda t: penstock(data, kafka, t, batch, linger, compression), ours),
                                           (lambda t: perf_test(kafka, t, messages, sample, batch, linger, compression), theirs)):
                            number += 1
                            topic = kafka.create(f"bench-{number}", partitions=PARTITIONS)
                            times.append(run(topic))
                            kafka.delete(topic)
                    mine, other = statistics.median(ours[1:] or ours), statistics.median(theirs[1:] or theirs)
                    print(f"| {batch}, {linger} | {compression} | {messages / mine:,.0f} | {size / mine / 1e6:,.0f} | {messages / other:,.0f} | {size / other / 1e6:,.0f} | {other / mine:.2f} |",
                          flush=True)
        finally:
            site.end_all()


if __name__ == "__main__":
    main()
