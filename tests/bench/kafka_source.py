#!/usr/bin/env python3
"""Measures events out of a real Kafka, through filter and fields, beside Kafka's own kafka-consumer-perf-test, and prints a table in Markdown.

    tests/bench/kafka_source.py [--mib 512] [--copies 2] [--runs 3] [--compressions none,lz4]

Called by `scripts/bench kafka-source`, which builds what is needed. Both read the same topic from the same broker, which runs beside them on the
same cores, each time as a group that is new. What is timed of penstock is the whole process, start and end included; of the perf test only its
fetching, as it counts it: without the start of its JVM and without joining its group.
"""
import sys

sys.dont_write_bytecode = True

from kafka_bench import PARTITIONS, Table, broker, in_turn, options, penstock, tool, write_events  # noqa: E402


def perf_test(kafka, topic, group, messages):
    """-> seconds of fetching, as it counts them"""
    said = tool("org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server", kafka.addresses(), "--topic", topic, "--group", group, "--messages", messages, "--timeout", "60000")
    names, values = [[cell.strip() for cell in line.split(",")] for line in said.splitlines() if "," in line][-2:]
    row = dict(zip(names, values))
    return float(row["fetch.time.ms"]) / 1000 * messages / int(row["data.consumed.in.nMsg"])


def filled(kafka, topic, data, copies, compression):
    kafka.create(topic, partitions=PARTITIONS)
    for _ in range(copies):
        kafka.produce(topic, data, "-X", f"compression.codec={compression}", "-X", "linger.ms=50", "-X", "queue.buffering.max.messages=5000000",
                      "-X", "queue.buffering.max.kbytes=2000000")
    return topic


def main():
    chosen = options(mib=512, copies=2).parse_args()
    with broker() as (work, kafka):
        write_events(work / "edge.ndjson", chosen.mib)
        data = (work / "edge.ndjson").read_bytes()
        (work / "edge.ndjson").unlink()
        messages = data.count(b"\n") * chosen.copies
        size = (len(data) - data.count(b"\n")) * chosen.copies

        table = Table(messages, size, chosen.runs, "compression | workers", "--- | ---:")
        for compression in chosen.compressions.split(","):
            topic = filled(kafka, f"bench-{compression}", data, chosen.copies, compression)

            def ours(workers):
                return lambda turn: penstock("kafka_source.lua", workers, brokers=kafka.addresses(), topic=topic, group=f"ours-{workers}-{turn}")

            one, two, theirs = in_turn(chosen.runs, ours(1), ours(2), lambda turn: perf_test(kafka, topic, f"theirs-{turn}", messages))
            table.row(f"{compression} | 1", one, theirs)
            table.row(f"{compression} | 2", two, theirs)
            kafka.delete(topic)


if __name__ == "__main__":
    main()
