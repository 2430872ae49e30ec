"""A real Apache Kafka (KRaft): one broker, or several, each a process on loopback with an address for every kind of security; and
kcat, to see what is in it.

The jars are found in build/deps/kafka/libs, where scripts/setup puts them, or by PENSTOCK_KAFKA_LIBS. Users: alice, who may do
everything, and bob, who may do nothing until `allow` says so. On the listener without authentication everybody may do everything.
"""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from golden import ROOT, Failure, Skip

from harness import kafka_wire
from harness.ledger import Ledger
from harness.peers import Certificates, needs

CLUSTER = "cGVuc3RvY2stdGVzdHMtMA"
USERS = {"alice": "alice-pw", "bob": "bob-pw"}
LISTENERS = {"plain": "PLAINTEXT", "sasl": "SASL_PLAINTEXT", "tls": "SSL", "mtls": "SSL", "sasl_tls": "SASL_SSL"}
LOGGING = ROOT / "tests/kafka/log4j2.properties"
SMALL = ("-Xms64m", "-Xmx256m", "-XX:TieredStopAtLevel=1")

Message = collections.namedtuple("Message", "partition offset key value headers timestamp")


def libraries():
    for place in (os.environ.get("PENSTOCK_KAFKA_LIBS"), ROOT / "build/deps/kafka/libs"):
        if place and any(pathlib.Path(place).glob("kafka_*.jar")):
            return pathlib.Path(place)
    raise Skip("needs Apache Kafka's jars (scripts/setup fetches them with maven)")


def java(main, *arguments, memory=SMALL):
    """The command that runs a class of Kafka."""
    return [needs("java", "default-jre-headless"), *memory, "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile=file:{LOGGING}", "-cp", f"{libraries()}/*", main,
            *map(str, arguments)]


class Broker:
    """One node of a Kafka: broker and controller in one process. It keeps its ports and its data over a restart."""

    def __init__(self, cluster, number):
        self.cluster, self.number, self.w = cluster, number, cluster.w
        self.folder = cluster.folder / str(number)
        self.folder.mkdir()
        self.ports = {name: self.w.free_port() for name in (*cluster.listeners, "controller")}
        self.process = None

    def address(self, listener):
        return f"127.0.0.1:{self.ports[listener]}"

    def configure(self):
        cluster, folder = self.cluster, self.folder
        listeners = ",".join(f"{name.upper()}://{self.address(name)}" for name in cluster.listeners)
        copies = min(3, len(cluster.brokers))
        lines = {
            "process.roles": "broker,controller", "node.id": self.number,
            "controller.quorum.voters": ",".join(f"{broker.number}@{broker.address('controller')}" for broker in cluster.brokers),
            "controller.listener.names": "CONTROLLER",
            "listeners": f"{listeners},CONTROLLER://{self.address('controller')}", "advertised.listeners": listeners,
            "listener.security.protocol.map": ",".join(f"{name.upper()}:{LISTENERS[name]}" for name in cluster.listeners) + ",CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAIN",
            "log.dirs": folder / "data", "auto.create.topics.enable": "false", "num.partitions": 4,
            "offsets.topic.replication.factor": copies, "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": copies, "transaction.state.log.min.isr": 1, "transaction.state.log.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0, "num.network.threads": 2, "num.io.threads": 2, "log.cleaner.dedupe.buffer.size": 2 << 20,
        }
        if cluster.secure:
            lines |= self._security()
        lines |= cluster.configuration
        (folder / "server.properties").write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
        (folder / "data").mkdir()
        (folder / "data/meta.properties").write_text(f"version=1\ncluster.id={CLUSTER}\nnode.id={self.number}\n")
        shutil.copy(_users(), folder / "data/bootstrap.checkpoint")

    def _security(self):
        files = self.cluster.certificates
        users = " ".join(f'"user_{name}"="{password}"' for name, password in USERS.items())
        lines = {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users": "User:ANONYMOUS;User:alice;User:CN=client",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "ssl.keystore.type": "PEM", "ssl.keystore.location": files["broker.pem"], "ssl.truststore.type": "PEM", "ssl.truststore.location": files["ca.pem"],
            "listener.name.mtls.ssl.client.auth": "required",
        }
        for listener in ("sasl", "sasl_tls"):
            lines[f"listener.name.{listener}.plain.sasl.jaas.config"] = f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"
            for mechanism in ("scram-sha-256", "scram-sha-512"):
                lines[f"listener.name.{listener}.{mechanism}.sasl.jaas.config"] = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return lines

    def start(self):
        """Begins to start; see Kafka.wait_until_ready."""
        with open(self.folder / "said.log", "ab") as log:
            self.process = subprocess.Popen(java("kafka.Kafka", self.folder / "server.properties", memory=self.cluster.memory), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder)
        return self

    def kill(self):
        """SIGKILL, and its end."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, within=60):
        """SIGTERM: hands its partitions over and ends."""
        self.process.terminate()
        self.process.wait(within)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def said(self):
        return (self.folder / "said.log").read_text(errors="backslashreplace")


class Kafka:
    """`brokers` processes that are one cluster, started and ready. `secure` adds the listeners with authentication and TLS, and who may
    do what; `configuration` are more lines of server.properties; `memory` are the JVM's options."""

    def __init__(self, w, brokers=1, secure=False, configuration=None, memory=SMALL):
        libraries()
        self.w, self.secure, self.memory = w, secure, memory
        self.configuration = configuration or {}
        self.listeners = tuple(LISTENERS) if secure else ("plain",)
        self.kcat = needs("kcat", "kcat")
        self.folder = w.path / "kafka"
        self.folder.mkdir()
        self.certificates = self._certificates() if secure else None
        self.brokers = []
        for number in range(1, brokers + 1):
            self.brokers.append(Broker(self, number))
        for broker in self.brokers:
            broker.configure()
        w.finally_do(self.kill)
        for broker in self.brokers:
            broker.start()
        self.wait_until_ready()

    def _certificates(self):
        files = Certificates(self.w)
        # The broker reads its key and its certificate from one file, the key as PKCS#8.
        key = self.w.call(files.openssl, "pkcs8", "-topk8", "-nocrypt", "-in", files["server.key"])
        self.w.write("tls/broker.pem", key + files["server.pem"].read_bytes())
        return files

    def addresses(self, listener="plain"):
        """What a client is told: host:port,host:port"""
        return ",".join(broker.address(listener) for broker in self.brokers)

    def wait_until_ready(self, within=60):
        """Until every broker that runs knows of all that run."""
        for broker in self.brokers:
            if broker.is_running():
                self.w.waits_for(lambda: self._knows_all(broker), lambda: f"broker {broker.number} to be ready; it said:\n{broker.said()[-3000:]}", within)

    def _knows_all(self, broker):
        if not broker.is_running():
            raise Failure(f"broker {broker.number} ended with {broker.process.returncode}; it said:\n{broker.said()[-3000:]}")
        try:
            return set(kafka_wire.metadata(broker.address("plain"), ["-"])[0]) >= {other.number for other in self.brokers if other.is_running()}
        except OSError:
            return False

    def kill(self):
        for broker in self.brokers:
            broker.kill()

    def running(self):
        """The addresses of those that run, without authentication."""
        return [broker.address("plain") for broker in self.brokers if broker.is_running()]

    def create(self, topic, partitions=4, replicas=None, **configuration):
        """Makes a topic and waits until its partitions have leaders. `configuration` with _ for dots: max_message_bytes=10000."""
        kafka_wire.create_topic(self.running()[0], topic, partitions, replicas or min(3, len(self.brokers)),
                                {key.replace("_", "."): value for key, value in configuration.items()})
        for address in self.running():
            self.w.waits_for(lambda: len(self._led(address, topic)) == partitions, f"leaders of {topic}'s partitions")
        return topic

    def delete(self, topic):
        kafka_wire.delete_topic(self.running()[0], topic)

    def grow(self, topic, partitions):
        """More partitions, so many in all, and waits until they have leaders."""
        kafka_wire.grow(self.running()[0], topic, partitions)
        self.w.waits_for(lambda: len(self.leaders(topic)) == partitions, f"leaders of {topic}'s partitions")

    def _led(self, address, topic):
        error, leaders = kafka_wire.metadata(address, [topic])[1][topic]
        return {} if error else {number: leader for number, leader in leaders.items() if leader >= 0}

    def leaders(self, topic):
        """-> {partition: number of the broker that leads it}"""
        return self._led(self.running()[0], topic)

    def committed(self, group):
        """-> {(topic, partition): next offset}, of a cluster of one"""
        return kafka_wire.committed(self.running()[0], group)

    def allow(self, user, operation, name, resource="topic"):
        kafka_wire.allow(self.running()[0], user, resource, name, operation)

    def disallow(self, user, operation, name, resource="topic"):
        kafka_wire.disallow(self.running()[0], user, resource, name, operation)

    def segments(self, topic):
        """The files of a topic's log at every broker."""
        return sorted(self.folder.glob(f"*/data/{topic}-[0-9]*/*.log"))

    def consume(self, topic, *options):
        """-> every Message of a topic, in the order of each partition; keys and values as text"""
        said = self._kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J", *options)
        return [self._message(json.loads(line)) for line in said.decode().splitlines()]

    @staticmethod
    def _message(line):
        flat = line.get("headers") or []
        return Message(line["partition"], line["offset"], line["key"], line["payload"], list(zip(flat[::2], flat[1::2])), line["ts"])

    def values(self, topic, *options):
        """-> every value of a topic, as bytes; for values without line ends"""
        return self._kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", *options).splitlines()

    def ledger(self, topic, *options):
        ledger = Ledger()
        ledger.record(self.values(topic, *options))
        return ledger

    def produce(self, topic, content, *options):
        """Each line of `content` is a message."""
        subprocess.run([self.kcat, "-b", ",".join(self.running()), "-P", "-t", topic, *map(str, options)], input=content, check=True, timeout=120,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def _kcat(self, *arguments):
        done = subprocess.run([self.kcat, "-b", ",".join(self.running()), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if done.returncode != 0:
            raise Failure(f"kcat {' '.join(map(str, arguments))}: {done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout

    def tool(self, main, *arguments, within=120):
        """One of the broker's own tools, by its class; its output."""
        return self.w.call(*java(main, *arguments), within=within)


def _users():
    """The file that a new node learns its users from: made once, for it takes a JVM to hash their passwords."""
    made = libraries().parent / "bootstrap.checkpoint"
    if not made.exists():
        with tempfile.TemporaryDirectory(dir=made.parent) as folder:
            folder = pathlib.Path(folder)
            (folder / "server.properties").write_text(f"process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:1\n"
                                                      f"controller.listener.names=CONTROLLER\nlisteners=CONTROLLER://127.0.0.1:1,PLAINTEXT://127.0.0.1:2\nlog.dirs={folder}/data\n")
            users = [word for name, password in USERS.items() for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                     for word in ("--add-scram", f"{mechanism}=[name={name},password={password}]")]
            subprocess.run(java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", folder / "server.properties", *users), check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=120)
            os.replace(folder / "data/bootstrap.checkpoint", made)
    return made
