"""The extension with FastStream and fastavro: `responder.py <url>`."""

import asyncio
import io
import json
import pathlib
import sys
import time

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from faststream import FastStream
from faststream.nats import NatsBroker

SCHEMAS = pathlib.Path(__file__).parents[3] / "crates/kaa-protocol/schemas/4-esp"


def schema(record):
    return parse_schema(json.loads((SCHEMAS / f"{record}.seed.avsc").read_text()))


CLIENT_DATA, EXTENSION_DATA = schema("ClientData"), schema("ExtensionData")
# Without its two lines of log for each message.
broker = NatsBroker(sys.argv[1], logger=None)


async def as_it_is(message):
    return message.body


@broker.subscriber("kaa.v1.service.bench.esp.ClientData", queue="bench", decoder=as_it_is)
async def take(datum: bytes) -> bytes:
    request = schemaless_reader(io.BytesIO(datum), CLIENT_DATA)
    samples = json.loads(request["payload"])
    mean = sum(sample["humidity"] for sample in samples) / len(samples)
    payload = json.dumps({"accepted": len(samples), "mean": mean}, separators=(",", ":"))
    answer = {
        "correlationId": request["correlationId"],
        "timestamp": int(time.time() * 1000),
        "timeout": 0,
        "appVersionName": request["appVersionName"],
        "extensionInstanceName": "bench",
        "endpointId": request["endpointId"],
        "resourcePath": request["resourcePath"],
        "requestId": request["requestId"],
        "payload": payload.encode(),
        "statusCode": 200,
        "reasonPhrase": None,
    }
    output = io.BytesIO()
    schemaless_writer(output, EXTENSION_DATA, answer)
    return output.getvalue()


asyncio.run(FastStream(broker, logger=None).run())
