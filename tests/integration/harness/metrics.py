"""The program's own word on what became of its events: `/metrics` of --admin."""
import re
import urllib.request

_SAMPLE = re.compile(r"^(\w+)(?:\{.*\})? ([-+\w.]+)$", re.M)

CAME = ("read_events_total", "born_events_total", "recovered_events_total")
WENT = ("delivered_events_total", "spooled_events", "filtered_events_total", "sampled_out_events_total", "dropped_events_total",
        "dead_lettered_events_total", "rewound_events_total", "undelivered_events_total", "in_flight_events")
SINK_CAME = ("events_total", "recovered_events_total")
SINK_WENT = ("delivered_events_total", "dead_lettered_events_total", "dropped_events_total", "rewound_events_total", "undelivered_events_total", "queued_events",
             "spooled_events")


def read(port):
    """-> {name: the sum over all labels}"""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    sums = {}
    for name, value in _SAMPLE.findall(text):
        sums[name] = sums.get(name, 0.0) + float(value)
    return sums


def differences(sums):
    """What the equations of pipelines and sinks are off by. Exact only while nothing moves."""
    pipelines = sum(sums[f"penstock_pipeline_{name}"] for name in CAME) - sum(sums[f"penstock_pipeline_{name}"] for name in WENT)
    sinks = sum(sums[f"penstock_sink_{name}"] for name in SINK_CAME) - sum(sums[f"penstock_sink_{name}"] for name in SINK_WENT)
    return pipelines, sinks, sums["penstock_pipeline_unaccounted_events"]
