"""Files of TLS that a script names: what is wrong with them is found before anything runs."""
from golden import case

GARBLED = "-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n"
BUCKET = {"s3": 'bucket = "logs", region = "eu-west-1", credentials = { access_key_id = "AK", secret_access_key = p.secret "file:secret" }',
          "oss": 'bucket = "logs", region = "cn-hangzhou", credentials = { access_key_id = "AK", access_key_secret = p.secret "file:secret" }'}
BROKERS = 'brokers = "127.0.0.1:1", topic = "t"'

# What speaks TLS to somebody, with tls.ca.
CLIENTS = {
    "sink.tcp": 'p.sink.tcp { address = "127.0.0.1:1", %s }',
    "sink.syslog": 'p.sink.syslog { address = "127.0.0.1:1", transport = "tls", %s }',
    "sink.http": 'p.sink.http { url = "https://127.0.0.1:1/x", %s }',
    "sink.s3": f"p.sink.s3 {{ {BUCKET['s3']}, %s }}",
    "sink.oss": f"p.sink.oss {{ {BUCKET['oss']}, %s }}",
    "sink.kafka": f"p.sink.kafka {{ {BROKERS}, %s }}",
    "sink.ckafka": 'p.sink.ckafka { instance = "ckafka-1", user = "u", password = "pw", route = "127.0.0.1:1", topic = "t", %s }',
    "source.s3": f"p.source.s3 {{ {BUCKET['s3']}, %s }}",
    "source.oss": f"p.source.oss {{ {BUCKET['oss']}, %s }}",
    "source.kafka": f'p.source.kafka {{ {BROKERS}, group = "g", %s }}',
}
# What listens, with tls.cert and tls.key.
SERVERS = {
    "source.tcp": 'p.source.tcp { listen = "127.0.0.1:0", %s }',
    "source.syslog": 'p.source.syslog { listen = "127.0.0.1:0", %s }',
    "source.http": 'p.source.http { listen = "127.0.0.1:0", %s }',
}


def script(w, ends, tls):
    """A pipeline for each, on lines of their own."""
    w.write("secret", "SK\n")
    pipelines = []
    for number, (name, text) in enumerate(ends.items()):
        parts = ("p.source.generate { count = 1 }", text) if name.startswith("sink.") else (text, "p.sink.stdout {}")
        pipelines.append(f'p.pipeline "{number}" {{ {", ".join(parts)} }}'.replace("%s", f"tls = {{ {tls} }}"))
    w.script("\n".join(pipelines))


def each_says(done, ends, *says):
    done.exits(2)
    for name in ends:
        for text in says:
            done.says(rf"script\.lua:\d+: {name}: {text}")


@case
def a_missing_authority_is_found_by_check_wherever_it_is_named(w):
    script(w, CLIENTS, 'ca = "gone.pem"')
    each_says(w.run("check", "script.lua"), CLIENTS, r"option 'tls\.ca': gone\.pem: No such file or directory")
    w.run("run", "script.lua").exits(2).says(f"{len(CLIENTS)} mistakes in the script; nothing was run")


@case
def a_garbled_authority_is_found_too(w):
    w.write("garbled.pem", GARBLED)
    script(w, CLIENTS, 'ca = "garbled.pem"')
    each_says(w.run("check", "script.lua"), CLIENTS, r"option 'tls\.ca': garbled\.pem: ")
    w.write("garbled.pem", "")
    each_says(w.run("check", "script.lua"), CLIENTS, r"option 'tls\.ca': garbled\.pem: ")


@case
def a_missing_certificate_is_found_too(w):
    both = CLIENTS | SERVERS
    script(w, both, 'cert = "gone.pem", key = "gone.key"')
    each_says(w.run("check", "script.lua"), both, r"option 'tls\.cert': gone\.pem: No such file or directory")
    w.write("gone.pem", GARBLED)
    each_says(w.run("check", "script.lua"), both, r"option 'tls\.cert': gone\.pem: ")


@case
def the_authority_of_sts_is_looked_at_too(w):
    named = {"sink.s3": CLIENTS["sink.s3"].replace("secret_access_key", 'role_arn = "arn:aws:iam::123456789012:role/r", sts_ca = "gone.pem", secret_access_key'),
             "sink.oss": CLIENTS["sink.oss"].replace("access_key_secret", 'role_arn = "acs:ram::123456789012:role/r", sts_ca = "gone.pem", access_key_secret')}
    script(w, named, "verify = true")
    each_says(w.run("check", "script.lua"), named, r"option 'credentials\.sts_ca': gone\.pem: No such file or directory")
