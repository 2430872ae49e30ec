"""penstock destination: the command line, what it chooses and what it refuses. With real servers: tests/integration/cases/destination.py."""
import json

from golden import case

KEYS = 'credentials = { access_key_id = "AK", secret_access_key = p.secret "file:secret" }'


def script(w, *sinks):
    w.write("secret", "hidden-words\n")
    w.script(f'p.pipeline "edge" {{ p.source.stdin {{ format = "json" }}, {", ".join(sinks)} }}')


def bucket(options="", region="eu-west-1"):
    return f'p.sink.s3 {{ bucket = "edge-logs", region = "{region}", prefix = "logs/edge", {options} {KEYS} }}'


def policy(w, *options):
    done = w.run("destination", "policy", "script.lua", *options).exits(0)
    done.never_says("hidden-words")
    return done, json.loads(done.stdout)


@case
def the_policy_lets_the_sink_write_below_its_directory(w):
    script(w, bucket())
    done, document = policy(w)
    assert document["Version"] == "2012-10-17"
    write, abort = document["Statement"]
    assert (write["Effect"], write["Action"], write["Resource"]) == ("Allow", "s3:PutObject", "arn:aws:s3:::edge-logs/logs/edge/*"), write
    assert abort["Action"] == "s3:AbortMultipartUpload" and "Condition" not in write
    done.says("in the place of arn:aws:iam::ACCOUNT-ID:user/USER-NAME")
    done, document = policy(w, "--principal", "arn:aws:iam::111122223333:user/w")
    assert document["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:user/w"}
    done.never_says("ACCOUNT-ID")


@case
def the_policy_has_the_condition_of_the_sinks_encryption(w):
    for encryption, value in (('{ type = "AES256" }', "AES256"), ('{ type = "kms", key_id = "k" }', "aws:kms")):
        script(w, bucket(f"encryption = {encryption},"))
        _, document = policy(w)
        assert document["Statement"][0]["Condition"] == {"StringEquals": {"s3:x-amz-server-side-encryption": value}}
        assert "Condition" not in document["Statement"][1]


@case
def required_encryption_refuses_everything_else(w):
    script(w, bucket())
    done, document = policy(w, "--require-encryption")
    denied = {statement["Sid"]: statement["Condition"] for statement in document["Statement"] if statement["Effect"] == "Deny"}
    assert denied == {"DenyOtherEncryption": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}},
                      "DenyNoEncryption": {"Null": {"s3:x-amz-server-side-encryption": "true"}}}, denied
    done.says('the sink would be refused: add encryption = { type = "AES256" }')


@case
def the_policy_knows_roles_partitions_and_dates_in_the_prefix(w):
    role = "arn:aws-cn:iam::111122223333:role/log-writer"
    script(w, f'p.sink.s3 {{ bucket = "edge-logs", region = "cn-north-1", prefix = "logs/{{yyyy}}", credentials = {{ role_arn = "{role}" }} }}')
    _, document = policy(w)
    assert document["Statement"][0]["Principal"] == {"AWS": role}
    assert document["Statement"][0]["Resource"] == "arn:aws-cn:s3:::edge-logs/logs/*"


@case
def oss_has_a_ram_policy_or_a_bucket_policy(w):
    script(w, 'p.sink.oss { bucket = "edge-logs", region = "cn-hangzhou", prefix = "logs" }')
    done, document = policy(w)
    assert document == {"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["oss:PutObject", "oss:AbortMultipartUpload"],
                                                       "Resource": ["acs:oss:*:*:edge-logs/logs/*"]}]}, document
    done.says("a RAM policy")
    _, document = policy(w, "--principal", "27737962156157xxxx")
    assert document["Statement"][0]["Principal"] == ["27737962156157xxxx"]


@case
def a_script_without_such_a_sink_is_refused(w):
    script(w, "p.sink.stdout {}")
    w.run("destination", "policy", "script.lua").exits(2).says("the script has no sink that writes to a bucket")
    w.run("destination", "test", "script.lua").exits(2).says("the script has no sink that sends over a network")
    w.run("destination", "verify", "script.lua").exits(2).says("the script has no sink that writes to a bucket of S3")


@case
def one_of_several_destinations_is_chosen_by_name(w):
    script(w, bucket('name = "archive",'), bucket('name = "copy",').replace("logs/edge", "logs/copy"))
    w.run("destination", "policy", "script.lua").exits(2).says("several destinations: choose one by --sink: edge/archive, edge/copy")
    _, document = policy(w, "--sink", "copy")
    assert document["Statement"][0]["Resource"].endswith("/logs/copy/*")
    policy(w, "--sink", "edge/archive")
    w.run("destination", "policy", "script.lua", "--sink", "nothing").exits(2).says("no sink 'nothing' that writes to a bucket")


@case
def mistakes_of_the_script_and_the_command_line_are_2(w):
    w.script('p.pipeline "x" { p.source.stdin {}, p.sink.s3 { bucket = "B" } }')
    for verb in ("verify", "policy", "test"):
        w.run("destination", verb, "script.lua").exits(2).prints("").says(r"script\.lua:2")
        w.run("destination", verb).exits(2).says(f"destination {verb} wants one script")
        w.run("destination", verb, "gone.lua").exits(2).says(r"gone\.lua")
    w.run("destination").exits(2)
    w.run("destination", "tset", "script.lua").exits(2)
    w.run("destination", "--help").exits(0).prints_like("verify", "policy", "test")


@case
def a_token_that_was_never_written_is_none(w):
    script(w, bucket("verify_ownership = true,"))
    w.run("destination", "verify", "script.lua", "--state", "state", "--token", "0" * 48).exits(1).says(
        "no token was written for s3://edge-logs/logs/edge/", "for a new one: penstock destination verify script.lua --state state")
    w.run("destination", "verify", "script.lua", "--state", "state", "--token", "env:NO_SUCH_VARIABLE").exits(2).says("--token: .*NO_SUCH_VARIABLE")


@case
def a_destination_that_does_not_answer_is_tried_in_vain(w):
    w.script('p.pipeline "x" { p.source.stdin {}, p.sink.http { url = "http://127.0.0.1:1/in" }, p.sink.stdout {} }')
    w.run("destination", "test", "script.lua").exits(1).prints_like(
        r"^x/0:http: http POST http://127\.0\.0\.1:1/in ndjson$", r"^  FAIL  TCP +cannot connect to 127\.0\.0\.1:1: Connection refused", "-> nothing takes connections there",
        r"^  -     delivery +not tried$").never_says(r"127\.0\.0\.1:1/in\?")
