"""--admin: metrics, health and status over HTTP."""
import json
import re
import signal
import urllib.error
import urllib.request

from golden import case

PIPELINES = '''p.pipeline "ticks" {
  p.source.generate { rate = 2000 },
  p.filter "EdgeResponseStatus >= 0 or true == true",
  p.transform (function(event) event.seen = true end),
  p.sink.file { path = "ticks.ndjson", linger = "20ms" },
  workers = 1,
}
p.pipeline "still" { p.source.file { path = "none-*.ndjson" }, p.sink.blackhole {}, workers = 1 }
'''.replace('  p.filter "EdgeResponseStatus >= 0 or true == true",\n', '  p.filter "not exists nothing",\n')


def get(url, path, token=None):
    request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def started(w, *arguments, env=None):
    running = w.start("run", "script.lua", "--admin", "127.0.0.1:0", *arguments, env=env, log="log")
    w.waits_for(lambda: running.said(r"info +admin: listening on http://127\.0\.0\.1:\d+$"), "the address")
    return running, re.search(r"listening on (http://\S+)", running.log.read_text())[1]


def metric(text, sample):
    found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.M)
    assert found, f"no {sample} in\n{text}"
    return float(found[1])


@case
def metrics_count_and_the_equation_holds(w):
    w.script(PIPELINES)
    running, url = started(w, "--state", "state")
    w.waits_for(lambda: metric(get(url, "/metrics")[1], 'penstock_pipeline_delivered_events_total{pipeline="ticks"}') > 1000, "delivered events")
    text = get(url, "/metrics")[1]
    assert metric(text, 'penstock_pipeline_unaccounted_events{pipeline="ticks"}') == 0
    assert metric(text, 'penstock_stage_in_events_total{pipeline="ticks",stage="0:filter"}') > 1000
    assert metric(text, 'penstock_stage_out_events_total{pipeline="ticks",stage="1:transform"}') > 1000
    assert 0 < metric(text, 'penstock_stage_lua_seconds_total{pipeline="ticks",stage="1:transform"}') < 60
    assert metric(text, 'penstock_pipeline_state{pipeline="ticks",state="running"}') == 1
    assert metric(text, 'penstock_sink_delivered_events_total{pipeline="ticks",sink="0:file"}') > 1000
    assert metric(text, 'penstock_sink_sent_bytes_total{pipeline="ticks",sink="0:file"}') > 100_000
    assert metric(text, 'penstock_checkpoint_age_seconds') < 10
    assert metric(text, 'process_resident_memory_bytes') > 1e6
    assert metric(text, 'penstock_reloads_total{result="applied"}') == 0
    w.waits_for(lambda: metric(get(url, "/metrics")[1], 'penstock_worker_lua_memory_bytes{worker="0"}') > 10000, "Lua memory")
    result = running.signal(signal.SIGTERM).ends().exits(0)
    assert metric(text, 'penstock_pipeline_read_events_total{pipeline="ticks"}') <= int(re.search(rb"^ticks: (\d+) events read", result.stderr, re.M)[1])


@case
def counters_go_on_over_a_reload(w):
    w.script(PIPELINES)
    running, url = started(w)
    sample = 'penstock_pipeline_delivered_events_total{pipeline="ticks"}'
    w.waits_for(lambda: metric(get(url, "/metrics")[1], sample) > 100, "delivered events")
    before = metric(get(url, "/metrics")[1], sample)
    w.script(PIPELINES.replace("seen = true", "seen = false").replace('"still"', '"quiet"'))
    running.signal(signal.SIGHUP)
    w.waits_for(lambda: running.said("info +reload"), "the reload")
    text = get(url, "/metrics")[1]
    assert metric(text, sample) >= before
    assert metric(text, 'penstock_pipeline_unaccounted_events{pipeline="ticks"}') == 0
    assert metric(text, 'penstock_pipeline_state{pipeline="still",state="removed"}') == 1
    assert metric(text, 'penstock_pipeline_state{pipeline="quiet",state="running"}') == 1
    assert metric(text, 'penstock_reloads_total{result="applied"}') == 1
    running.signal(signal.SIGTERM).ends().exits(0)


@case
def health_readiness_and_status(w):
    w.script(PIPELINES)
    running, url = started(w)
    w.waits_for(lambda: get(url, "/readyz")[0] == 200, "readiness")
    assert get(url, "/healthz") == (200, '{"healthy":true,"reasons":[]}\n')
    status = {row["name"]: row for row in json.loads(get(url, "/api/v1/pipelines")[1])["pipelines"]}
    assert status["ticks"]["state"] == "running" and status["ticks"]["where"] == "script.lua:2"
    assert status["still"]["sources"][0]["class"] == "replayable"
    assert status["ticks"]["sinks"][0]["state"] == "ok" and status["ticks"]["sinks"][0]["last_failure"] is None
    code, body = get(url, "/api/v2")
    assert code == 404 and "error" in json.loads(body)
    running.signal(signal.SIGTERM).ends().exits(0)


@case
def the_token_is_asked_for(w):
    w.script(PIPELINES)
    w.write("token", "s3cret\n")
    running, url = started(w, "--admin-token", "file:token")
    assert get(url, "/metrics")[0] == 401
    assert get(url, "/metrics", "wrong")[0] == 401
    assert get(url, "/metrics", "s3cret")[0] == 200
    running.signal(signal.SIGTERM).ends().exits(0).never_says("s3cret")


@case
def an_address_for_everybody_needs_a_token(w):
    w.script(PIPELINES)
    w.run("run", "script.lua", "--admin", "0.0.0.0:0").exits(2).says(r"--admin 0\.0\.0\.0:0: .*--admin-token")
    w.run("run", "script.lua", "--admin", "[::]:0").exits(2).says(r"--admin-token")
    w.run("run", "script.lua", "--admin", "nowhere").exits(2).says(r"--admin: ")
    w.run("run", "script.lua", "--admin", "127.0.0.1:0", "--admin-token", "env:NO_SUCH").exits(2).says(r"--admin-token: .*NO_SUCH")
    w.run("run", "script.lua", "--admin-token", "env:HOME").exits(2).says(r"--admin-token is of no use without --admin")
