"""Where the keys of p.sink.s3 come from, each way with the real program, up to an object in a store that checks its signature."""
from types import SimpleNamespace

from harness import events, peers
from harness.clouds import BASE_ID, BASE_SECRET, EXTERNAL_ID, Clouds, sigv4
from harness.destination import answer
from harness.faulty_store import FaultyStore
from harness.site import case
from harness.store import KEY, REGION, SECRET, Store


def run(w, store, credentials, env=None, state="state", more=""):
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(10)))
    w.script('p.pipeline "edge" { workers = 1, p.source.file { path = "in.ndjson", follow = false }, '
             f'p.sink.s3 {{ bucket = "logs", endpoint = "{store.url}", region = "{REGION}", pause = "1s", {more}credentials = {{ {credentials} }} }} }}')
    return w.penstock("run", "script.lua", "--state", state, env={"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(w.path), **(env or {})}).start()


@case
def each_source_of_keys_works(w):
    store, clouds = Store(w), Clouds()
    w.finally_do(clouds.stop)
    for name, text in {"secret": SECRET, "base": BASE_SECRET, "token": "web.identity.token\n", "container": "container-token\n",
                       "credentials": f"[logs]\naws_access_key_id = {KEY} ; a comment\naws_secret_access_key = {SECRET}\n"
                                      f"[base]\naws_access_key_id={BASE_ID}\naws_secret_access_key={BASE_SECRET}\n",
                       "config": f"[profile role]\nrole_arn = arn:aws:iam::1:role/w\nsource_profile = base\nexternal_id = {EXTERNAL_ID}\nregion = {REGION}\n"}.items():
        (w.path / name).write_text(text)
    files = 'credentials_file = "credentials", config_file = "config"'
    sts = f'sts_endpoint = "{clouds.url}/sts"'
    ways = {
        "script": (f'access_key_id = "{KEY}", secret_access_key = p.secret "file:secret"', {}, None),
        "environment": ("", {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}, None),
        "profile": (f'profile = "logs", {files}', {}, None),
        "profile's role": (f'profile = "role", {files}, {sts}', {}, "AssumeRole"),
        "role": (f'access_key_id = "{BASE_ID}", secret_access_key = p.secret "file:base", role_arn = "arn:r", external_id = "{EXTERNAL_ID}", {sts}', {}, "AssumeRole"),
        "web identity": (f'role_arn = "arn:r", web_identity_token_file = "token", {sts}', {}, "AssumeRoleWithWebIdentity"),
        "pod": (sts, {"AWS_WEB_IDENTITY_TOKEN_FILE": "token", "AWS_ROLE_ARN": "arn:pod"}, "AssumeRoleWithWebIdentity"),
        "container": ("", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{clouds.url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "container"}, "container"),
        "instance": (f'metadata_endpoint = "{clouds.url}"', {"AWS_EC2_METADATA_DISABLED": "false"}, "instance"),
    }
    for name, (credentials, env, call) in ways.items():
        clouds.calls.clear()
        ended = run(w, store, credentials, env, state=f"state-{name}").ends().exits(0)
        assert clouds.calls == ([call] if call else []), f"{name}: {clouds.calls}"
        for secret in SECRET, BASE_SECRET, "web.identity.token", "container-token":
            assert secret not in ended.said, f"{name}: a secret was told"
    assert len(store.keys()) == len(ways)


@case
def roles_are_assumed_by_tls_that_is_checked_whatever_the_stores_is(w):
    store, certificates = Store(w), peers.Certificates(w)
    clouds = Clouds(certificates=certificates)
    w.finally_do(clouds.stop)
    (w.path / "base").write_text(BASE_SECRET)
    role = f'access_key_id = "{BASE_ID}", secret_access_key = p.secret "file:base", role_arn = "arn:r", external_id = "{EXTERNAL_ID}", sts_endpoint = "{clouds.url}/sts"'
    for tls in "verify = false", f'ca = "{certificates["ca.pem"]}"':
        program = run(w, store, role, more=f"tls = {{ {tls} }}, ")
        w.waits_for(lambda: "paused" in program.said(), "a paused sink")
        assert "role arn:r: POST 127.0.0.1" in program.said() and "certificate" in program.said(), program.said()
        program.kill()
    assert not clouds.calls and not store.keys()
    run(w, store, f'{role}, sts_ca = "{certificates["ca.pem"]}"', state="trusting").ends().exits(0)
    assert clouds.calls == ["AssumeRole"] and len(store.keys()) == 1


@case
def a_sessions_token_goes_with_each_request_signed(w):
    """The real store has no sessions: a stand-in checks the signature."""
    destination = FaultyStore(w, w.seed)
    clouds, seen = Clouds(token="session/token+="), []
    w.finally_do(clouds.stop)

    def treat(store, request):
        body = request.body()
        method, target, _ = request.line.split(" ")
        signed = SimpleNamespace(command=method, path=target, headers=request.headers)
        given, expected = sigv4(signed, body, SECRET, "s3", REGION)
        seen.append((request.headers.get("x-amz-security-token"), "x-amz-security-token" in request.headers["authorization"], given == expected))
        request.connection.send(answer(200, "OK", 'ETag: "x"'))

    destination.BEHAVIOURS = {**FaultyStore.BEHAVIOURS, "ok": treat}
    w.runs_destination(destination)
    (w.path / "base").write_text(BASE_SECRET)
    run(w, destination, f'access_key_id = "{BASE_ID}", secret_access_key = p.secret "file:base", role_arn = "arn:r", external_id = "{EXTERNAL_ID}", '
        f'sts_endpoint = "{clouds.url}/sts"').ends().exits(0)
    assert seen == [("session/token+=", True, True)], seen


@case
def missing_keys_name_what_was_tried(w):
    store = Store(w)
    program = run(w, store, "")
    w.waits_for(lambda: "paused" in program.said(), "a paused sink")
    program.kill()
    assert "no credentials were found: AWS_ACCESS_KEY_ID is not set" in program.said(), program.said()


@case
def a_refused_role_is_told_and_keys_are_fetched_before_they_expire(w):
    store, clouds = Store(w), Clouds(lifetime=4)
    w.finally_do(clouds.stop)
    (w.path / "base").write_text(BASE_SECRET)
    role = f'access_key_id = "{BASE_ID}", secret_access_key = p.secret "file:base", role_arn = "arn:r", sts_endpoint = "{clouds.url}/sts"'
    program = run(w, store, role)
    w.waits_for(lambda: "paused" in program.said(), "a paused sink")
    program.kill()
    assert "role arn:r: POST 127.0.0.1" in program.said() and 'HTTP 403 AccessDenied: "no"' in program.said(), program.said()
    w.script('p.pipeline "edge" { workers = 1, p.source.generate { count = 100, rate = 20 }, '
             f'p.sink.s3 {{ bucket = "logs", endpoint = "{store.url}", region = "{REGION}", linger = "100ms", '
             f'credentials = {{ {role}, external_id = "{EXTERNAL_ID}" }} }} }}')
    clouds.calls.clear()
    w.penstock("run", "script.lua").start().ends().exits(0)
    assert 2 <= len(clouds.calls) <= 4, clouds.calls
