"""The few requests of Kafka's protocol that tests make by themselves: they are answered in milliseconds, where the broker's own
tools take seconds to start.

https://kafka.apache.org/protocol: every request is an int32 length, then api key, version, correlation id and client id, then its
fields, big endian.
"""
import socket
import struct

METADATA, OFFSET_FETCH, CREATE_TOPICS, DELETE_TOPICS, CREATE_ACLS, DELETE_ACLS, CREATE_PARTITIONS = 3, 9, 19, 20, 30, 31, 37

RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactional id": 5}
OPERATIONS = {"all": 2, "read": 3, "write": 4, "create": 5, "describe": 8}


class Refused(Exception):
    """The broker answered with an error; `code` is its number."""

    def __init__(self, code, text):
        super().__init__(f"error {code}: {text}")
        self.code = code


def text(value):
    if value is None:
        return struct.pack(">h", -1)
    encoded = value.encode()
    return struct.pack(">h", len(encoded)) + encoded


def array(entries):
    return struct.pack(">i", len(entries)) + b"".join(entries)


class Reader:
    def __init__(self, content):
        self.content, self.at = content, 0

    def take(self, form):
        (value,) = struct.unpack_from(">" + form, self.content, self.at)
        self.at += struct.calcsize(">" + form)
        return value

    def text(self):
        size = self.take("h")
        if size < 0:
            return None
        self.at += size
        return self.content[self.at - size:self.at].decode()

    def array(self, read):
        return [read() for _ in range(self.take("i"))]


def ask(address, key, version, body, timeout=10):
    """-> Reader of the answer's fields. `address` is host:port of a listener without authentication."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=timeout) as peer:
        request = struct.pack(">hhi", key, version, 7) + text("tests") + body
        peer.sendall(struct.pack(">i", len(request)) + request)
        size = struct.unpack(">i", _exactly(peer, 4))[0]
        answer = Reader(_exactly(peer, size))
    assert answer.take("i") == 7, "the answer to another request"
    return answer


def _exactly(peer, size):
    content = b""
    while len(content) < size:
        piece = peer.recv(size - len(content))
        if not piece:
            raise ConnectionError("closed in the middle of an answer")
        content += piece
    return content


def metadata(address, topics=()):
    """-> ([broker id, ...], {topic: (error, {partition: leader})}) of these topics; of all when none is named"""
    answer = ask(address, METADATA, 1, array([text(topic) for topic in topics]) if topics else struct.pack(">i", -1))

    def partition():
        answer.take("h")
        number, leader = answer.take("i"), answer.take("i")
        for _ in range(2):
            answer.array(lambda: answer.take("i"))
        return number, leader

    def topic():
        error, name, _ = answer.take("h"), answer.text(), answer.take("b")
        return name, (error, dict(answer.array(partition)))

    def broker():
        return answer.take("i"), answer.text(), answer.take("i"), answer.text()

    brokers = answer.array(broker)
    answer.take("i")  # the controller
    return sorted(number for number, *_ in brokers), dict(answer.array(topic))


def committed(address, group):
    """-> {(topic, partition): next offset} that a group has committed; `address` is its coordinator's."""
    reader = ask(address, OFFSET_FETCH, 2, text(group) + struct.pack(">i", -1))

    def partition():
        number, offset = reader.take("i"), reader.take("q")
        reader.text()
        reader.take("h")
        return number, offset

    topics = reader.array(lambda: (reader.text(), reader.array(partition)))
    if error := reader.take("h"):
        raise Refused(error, f"positions of group {group}")
    return {(topic, number): offset for topic, partitions in topics for number, offset in partitions if offset >= 0}


def create_topic(address, name, partitions, replicas, configuration):
    configs = [text(key) + text(str(value)) for key, value in configuration.items()]
    topic = text(name) + struct.pack(">ih", partitions, replicas) + array([]) + array(configs)
    answer = ask(address, CREATE_TOPICS, 2, array([topic]) + struct.pack(">ib", 10_000, 0))
    answer.take("i")
    for error, why in answer.array(lambda: (answer.text(), (answer.take("h"), answer.text()))[1]):
        if error:
            raise Refused(error, why)


def delete_topic(address, name):
    answer = ask(address, DELETE_TOPICS, 1, array([text(name)]) + struct.pack(">i", 10_000))
    answer.take("i")
    for error in answer.array(lambda: (answer.text(), answer.take("h"))[1]):
        if error:
            raise Refused(error, name)


def allow(address, user, resource, name, operation):
    """Lets `user` do `operation` on the resource of that very name."""
    entry = struct.pack(">b", RESOURCES[resource]) + text(name) + struct.pack(">b", 3) + text(f"User:{user}") + text("*")
    entry += struct.pack(">bb", OPERATIONS[operation], 3)
    answer = ask(address, CREATE_ACLS, 1, array([entry]))
    answer.take("i")
    for error, why in answer.array(lambda: (answer.take("h"), answer.text())):
        if error:
            raise Refused(error, why)


def disallow(address, user, resource, name, operation):
    """Takes back what `allow` gave."""
    entry = struct.pack(">b", RESOURCES[resource]) + text(name) + struct.pack(">b", 3) + text(f"User:{user}") + text("*")
    entry += struct.pack(">bb", OPERATIONS[operation], 3)
    answer = ask(address, DELETE_ACLS, 1, array([entry]))
    answer.take("i")

    def taken_back():
        answer.take("h"), answer.text(), answer.take("b"), answer.text(), answer.take("b"), answer.text(), answer.text(), answer.take("b"), answer.take("b")

    for error, why, found in answer.array(lambda: (answer.take("h"), answer.text(), answer.array(taken_back))):
        if error or not found:
            raise Refused(error, why or "there is no such right")


def grow(address, name, partitions):
    """Gives a topic more partitions, so many in all."""
    topic = text(name) + struct.pack(">ii", partitions, -1)
    answer = ask(address, CREATE_PARTITIONS, 1, array([topic]) + struct.pack(">ib", 10_000, 0))
    answer.take("i")
    for error, why in answer.array(lambda: (answer.text(), (answer.take("h"), answer.text()))[1]):
        if error:
            raise Refused(error, why)
