#!/usr/bin/env python3
"""Makes vectors.jsonl: datums of every record, written by an Avro implementation that is not ours.

    pip install fastavro==1.13.1
    python3 crates/kaa-protocol/tests/golden/make.py

It reads the files in crates/kaa-protocol/schemas and knows nothing of the records but their schemas.
The values come from fixed lists, so a second run writes the same file.

A line is one datum:

    protocol, record, revision   which schema
    what                         what is special about the value
    blocks                       "one": every array and map is one block, as fastavro writes them;
                                 "several": blocks of up to three items, the first with a negative count
                                 and its size, the next without, and so on (read back by fastavro)
    value                        bytes are {"bytes": hex}; a value of the union of eight types names its
                                 branch; float and double are their 32 and 64 bits in hex, since parsers
                                 of JSON round, and have no NaN
    hex                          the datum
"""

import io
import itertools
import json
import math
import pathlib
import struct

import fastavro

HERE = pathlib.Path(__file__).parent
SCHEMAS = HERE.parent.parent / "schemas"

# Names that many records have. The other fields get a text with their name in it, so that no two of a
# record are the same.
TEXTS = {
    "correlationId": ["07d78e95-2c4d-4899-957c-b9e5a3701fbb", "c", "Ключ-七-🔑"],
    "appVersionName": ["humidity-sensor-v3", "v", "версия-2"],
    "appVersionToken": ["39774993", "t", "jeton-é"],
    "contentType": ["application/json", "", "text/plain; charset=utf-8"],
    "endpointId": ["7ad263ec-3347-4c7d-af89-50c67061367a", "e", "온도계-1"],
    "resourcePath": ["/config/json", "", "/pläne/ß/%20"],
    "path": ["/push/json", "", "/pläne/ß"],
    "reasonPhrase": ["OK", "", "não encontrado"],
}
OTHER_TEXTS = ["b9e5a370-{}", "x", "ünï ★ 𝄞 {}"]
BYTES = [b'[{"humidity":88}]', b"", bytes(range(256))]
INTS = [42, 0, -1, 200, -(2**31), 2**31 - 1, 63, 64, -64, -65]
LONGS = [1490262793349, 0, -1, 3600000, -(2**63), 2**63 - 1, 8191, 8192, -8192, -8193]
FLOATS = [21.5, 0.0, -0.0, -1.25, 2.0**-149, -math.inf, math.inf, math.nan, 3.4028234663852886e38]
DOUBLES = [21.5, 0.0, -0.0, -1e-9, 5e-324, -math.inf, math.inf, math.nan, 1.7976931348623157e308]


class Maker:
    """Values of a schema: which one of the choices it takes goes on with every value it made."""

    def __init__(self, what, present, items, first):
        self.what, self.present, self.items = what, present, items
        self.turn, self.branch = itertools.count(first), itertools.count(first)
        self.depth = 0

    def pick(self, values):
        return values[next(self.turn) % len(values)]

    def text(self, name):
        texts = TEXTS.get(name) or [text.format(name) for text in OTHER_TEXTS]
        return texts[0] if self.what == "typical" else texts[1] if self.what == "small" else texts[2]

    def number(self, values):
        return values[0] + next(self.turn) if self.what == "typical" else self.pick(values)

    def make(self, schema, name=""):
        if isinstance(schema, list):
            return self.union(schema, name)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind == "record":
            return {field["name"]: self.make(field["type"], field["name"]) for field in schema["fields"]}
        if kind in ("array", "map"):
            return self.collection(kind, schema, name)
        return {
            "null": lambda: None,
            "boolean": lambda: self.pick([True, False]),
            "int": lambda: self.number(INTS),
            "long": lambda: self.number(LONGS),
            "float": lambda: self.pick(FLOATS),
            "double": lambda: self.pick(DOUBLES),
            "string": lambda: self.text(name),
            "bytes": lambda: self.pick({"typical": BYTES[:1], "small": BYTES[:2]}.get(self.what, BYTES)),
        }[kind]()

    def collection(self, kind, schema, name):
        # Many at the outside are enough.
        count = 2 if self.depth and self.items > 9 else self.items
        self.depth += 1
        items = [self.make(schema["values" if kind == "map" else "items"], name) for _ in range(count)]
        self.depth -= 1
        return items if kind == "array" else {f"{self.text('key')}-{n}": item for n, item in enumerate(items)}

    def union(self, branches, name):
        if len(branches) > 2:
            branch = branches[next(self.branch) % len(branches)]
            return (branch, self.make(branch, name))
        present = self.pick([True, False]) if self.present is None else self.present
        [branch] = [branch for branch in branches if (branch != "null") == present]
        return self.make(branch, name)


def one_block(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, value)
    return out.getvalue()


def several_blocks(schema, value):
    """The same value in several blocks; fastavro has no such writer, but it reads them."""
    datum = b"".join(pieces(schema, value))
    read = fastavro.schemaless_reader(io.BytesIO(datum), schema, None)
    assert as_json(schema, read) == as_json(schema, value, False)
    return datum


def pieces(schema, value):
    if isinstance(schema, list):
        if isinstance(value, tuple):
            index = schema.index(value[0])
            value = value[1]
        else:
            index = next(n for n, branch in enumerate(schema) if (branch == "null") == (value is None))
        yield one_block("long", index)
        yield from pieces(schema[index], value)
        return
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        for field in schema["fields"]:
            yield from pieces(field["type"], value[field["name"]])
    elif kind in ("array", "map"):
        if kind == "array":
            items = [b"".join(pieces(schema["items"], item)) for item in value]
        else:
            items = [one_block("string", k) + b"".join(pieces(schema["values"], v)) for k, v in value.items()]
        start, size = 0, itertools.cycle([1, 3, 2])
        for tells_size in itertools.cycle([True, False]):
            block = items[start : start + next(size)]
            if not block:
                break
            start += len(block)
            content = b"".join(block)
            if tells_size:
                yield one_block("long", -len(block)) + one_block("long", len(content)) + content
            else:
                yield one_block("long", len(block)) + content
        yield one_block("long", 0)
    else:
        yield one_block(kind, value)


def as_json(schema, value, named=True):
    """`named`: whether branches of the union of eight are told; a reader does not tell them."""
    if isinstance(schema, list):
        if isinstance(value, tuple):
            branch, value = value
            if named and branch != "null":
                return {branch: as_json(branch, value)}
        if value is None:
            return None
        if len(schema) > 2:
            return {"bytes": value.hex()} if isinstance(value, bytes) else bits("double", value)
        return as_json(next(branch for branch in schema if branch != "null"), value, named)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        return {f["name"]: as_json(f["type"], value[f["name"]], named) for f in schema["fields"]}
    if kind == "array":
        return [as_json(schema["items"], item, named) for item in value]
    if kind == "map":
        return {key: as_json(schema["values"], item, named) for key, item in value.items()}
    if kind == "bytes":
        return {"bytes": value.hex()}
    return bits(kind, value)


def bits(kind, value):
    if isinstance(value, float):
        return struct.pack(">f" if kind == "float" else ">d", value).hex()
    return value


def has_items(schema):
    return any(isinstance(f["type"], dict) and f["type"]["type"] in ("array", "map") for f in schema["fields"])


def makers(schema):
    yield "typical", Maker("typical", True, 2, 0)
    yield "nulls and nothing in arrays and maps", Maker("typical", False, 0, 0)
    yield "short texts, some nulls", Maker("small", None, 1, 1)
    yield "numbers below zero, texts beyond ASCII", Maker("strange", True, 8, 2)
    yield "the ends of the numbers", Maker("strange", None, 3, 4)
    yield "the other ends", Maker("strange", None, 3, 5)
    if has_items(schema):
        yield "many items", Maker("small", None, 130, 3)


def main():
    lines = []
    for path in sorted(SCHEMAS.glob("*/*.avsc")):
        schema = json.loads(path.read_text())
        number_of_protocol, name_of_protocol = path.parent.name.split("-")
        record, _, revision = path.name.removesuffix(".avsc").partition(".")
        for what, maker in makers(schema):
            value = maker.make(schema)
            for blocks, write in [("one", one_block), ("several", several_blocks)]:
                if blocks == "several" and not has_items(schema):
                    continue
                line = {
                    "protocol": f"{number_of_protocol}/{name_of_protocol.upper()}",
                    "record": record,
                    "revision": revision or None,
                    "what": what,
                    "blocks": blocks,
                    "value": as_json(schema, value),
                    "hex": write(schema, value).hex(),
                }
                lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    (HERE / "vectors.jsonl").write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} vectors by fastavro {fastavro.__version__}")


if __name__ == "__main__":
    main()
