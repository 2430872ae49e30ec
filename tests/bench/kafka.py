#!/usr/bin/env python3
"""Measures events into a real Kafka beside Kafka's own kafka-producer-perf-test, and prints a table in Markdown.

    tests/bench/kafka.py [--mib 256] [--copies 4] [--runs 3] [--batches 16384:5,1000000:5] [--compressions none,lz4]

Called by `scripts/bench kafka`, which builds what is needed. Both write to the same broker, which runs beside them on the same cores, as
many messages of the same sizes (the perf test is given penstock's own messages to choose from), with acks of all replicas, an idempotent
producer, and the same batch.size and linger.ms. What is timed of penstock is the whole process, start and end included, from the edge log's file
over filter and fields; of the perf test only what it counts itself, without the start of its JVM.
"""
import itertools
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True

from kafka_bench import HERE, PARTITIONS, PROGRAM, Table, broker, in_turn, options, penstock, tool, write_events  # noqa: E402


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


def perf_test(kafka, topic, messages, sample, batch, linger, compression):
    """-> seconds, as it counts them"""
    properties = [f"bootstrap.servers={kafka.addresses()}", "acks=all", "enable.idempotence=true", f"batch.size={batch}", f"linger.ms={linger}",
                  f"compression.type={compression}", "buffer.memory=67108864"]
    said = tool("org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", messages, "--payload-file", sample, "--throughput", "-1",
                "--producer-props", *properties)
    rate = re.findall(rf"^{messages} records sent, ([\d.]+) records/sec", said, re.M)
    if not rate:
        sys.exit(f"kafka-producer-perf-test said:\n{said[-2000:]}")
    return messages / float(rate[-1])


def main():
    known = options(mib=256, copies=4)
    known.add_argument("--batches", default="16384:5,1000000:5", help="batch.size:linger.ms, comma separated")
    chosen = known.parse_args()

    with broker(log_segment_bytes=64 << 20, log_segment_delete_delay_ms=500) as (work, kafka):
        write_events(work / "edge.ndjson", chosen.mib)
        messages, size, sample = shape_of(work / "edge.ndjson", work)
        for copy in range(1, chosen.copies):
            os.link(work / "edge.ndjson", work / f"edge-{copy}.ndjson")
        messages, size = messages * chosen.copies, size * chosen.copies
        numbers = itertools.count(1)

        def into_a_topic(measure):
            topic = kafka.create(f"bench-{next(numbers)}", partitions=PARTITIONS)
            seconds = measure(topic)
            kafka.delete(topic)
            return seconds

        table = Table(messages, size, chosen.runs, "batch.size, linger.ms | compression", "--- | ---")
        for setting, compression in itertools.product(chosen.batches.split(","), chosen.compressions.split(",")):
            batch, linger = setting.split(":")

            def ours(topic):
                return penstock("kafka_sink.lua", 1, input=work / "edge*.ndjson", brokers=kafka.addresses(), topic=topic, compression=compression, batch_bytes=batch, linger_ms=linger)

            def theirs(topic):
                return perf_test(kafka, topic, messages, sample, batch, linger, compression)

            table.row(f"{batch}, {linger} | {compression}", *in_turn(chosen.runs, lambda _: into_a_topic(ours), lambda _: into_a_topic(theirs)))


if __name__ == "__main__":
    main()
