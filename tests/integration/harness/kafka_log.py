"""What stands in the files of a broker's log.

A segment is record batches one behind the other (https://kafka.apache.org/documentation/#recordbatch): base offset int64, length
int32 of what follows, leader epoch int32, magic int8 (2), checksum, and attributes int16, whose lowest three bits are the codec.
"""
import struct

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
HEAD = struct.Struct(">qiibIh")


def codecs(segment):
    """-> the name of each batch's codec, in order"""
    content, at, found = segment.read_bytes(), 0, []
    while at < len(content):
        _, length, _, magic, _, attributes = HEAD.unpack_from(content, at)
        assert magic == 2, f"{segment}: magic {magic} at {at}"
        found.append(CODECS[attributes & 7])
        at += 12 + length
    return found
