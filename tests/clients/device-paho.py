"""A device on paho-mqtt, 1.6 or 2: plays the device script and prints what it saw, one JSON line per act.

    device-paho.py --port 1883 --token t [--mqtt5] [--websocket] [--ca ca.pem]

tests/tests/kpc_devices/script.rs says what the acts are for and what has to be seen.
"""

import argparse
import json
import queue
import ssl
import sys

import paho.mqtt.client as mqtt

PATIENCE = 10


class Device:
    """A client, and everything that happens to it."""

    def __init__(self, client_id):
        kind = {
            "client_id": client_id,
            "protocol": mqtt.MQTTv5 if options.mqtt5 else mqtt.MQTTv311,
            "transport": "websockets" if options.websocket else "tcp",
            # Or a client whose session was taken over would take it back.
            "reconnect_on_failure": False,
        }
        if hasattr(mqtt, "CallbackAPIVersion"):
            kind["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
        self.client = client = mqtt.Client(**kind)
        if options.websocket:
            client.ws_set_options(path="/ws")
        if options.ca:
            client.tls_set(options.ca, cert_reqs=ssl.CERT_REQUIRED)
        self.connacks, self.messages, self.subacks, self.ends = (queue.Queue() for _ in range(4))
        # The arguments of the callbacks differ with the versions of paho and MQTT; these are where they all agree.
        client.on_connect = lambda _client, _data, _flags, reason, *_: self.connacks.put(number(reason))
        client.on_message = lambda _client, _data, message: self.messages.put(message)
        client.on_subscribe = lambda _client, _data, _id, granted, *_: self.subacks.put(granted)
        client.on_disconnect = lambda _client, _data, *reasons: self.ends.put(reasons)

    def connect(self):
        self.start()
        assert self.connacks.get(timeout=PATIENCE) == 0
        return self

    def start(self):
        """Sends CONNECT, and does not wait for the answer."""
        self.client.connect("127.0.0.1", options.port)
        self.client.loop_start()

    def tell(self, topic, payload, qos=0):
        return self.client.publish(topic, payload, qos)

    def hear(self, count):
        """The next messages, as they came."""
        seen = []
        for _ in range(count):
            message = self.messages.get(timeout=PATIENCE)
            seen.append([message.topic, message.qos, message.payload.decode()])
        return seen

    def ask(self, topic, payload, qos=0):
        self.tell(topic, payload, qos)
        return self.hear(1)

    def subscribe(self, topic):
        self.client.subscribe(topic, 1)
        return number(self.subacks.get(timeout=PATIENCE)[0])

    def end(self):
        """Why the server has ended the connection, if it said so."""
        reasons = [number(reason) for reason in self.ends.get(timeout=PATIENCE) if reason is not None]
        return "taken over" if 142 in reasons else "closed"

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()


def number(reason):
    """A reason code of MQTT 5 has a value; in MQTT 3.1.1 it is a number."""
    value = getattr(reason, "value", reason)
    return value if isinstance(value, int) else None


def saw(act, seen):
    print(json.dumps({"act": act, "seen": seen}), flush=True)


def play():
    token = options.token
    quickstart = f"kp1/av/quickstart/{token}"
    device = Device(f"paho-{token}").connect()

    saw("data with a request ID", device.ask(f"{quickstart}/json/42", '[{"temperature":21}]'))

    # What is asked later is answered later: an answer to the first would be seen.
    device.tell(f"{quickstart}/json", '[{"temperature":21}]')
    saw("data without a request ID", device.ask(f"{quickstart}/echo/43", "after it"))

    saw("an unknown resource", device.ask(f"{quickstart}/weather/44", ""))
    saw("an unknown resource, without a request ID", device.ask(f"{quickstart}/weather", ""))
    saw("an extension that nobody serves", device.ask(f"kp1/av/nobody/{token}/json/45", "{}"))

    seen = device.ask(f"kp1/av/stage/{token}/observe/46", "")
    device.tell(f"kp1/av/stage/{token}-teller/push/{token}/47", "news")
    saw("a push", seen + device.hear(2))

    for endpoint, request_id in [("a", 0), ("b", 0), ("a", 1), ("a", 0), ("b", 1)]:
        device.tell(f"{quickstart}-{endpoint}/echo/{request_id}", f"{endpoint}{request_id}")
    saw("two endpoints", device.hear(5))

    seen = []
    for qos in (0, 1, 2):
        sent = device.tell(f"{quickstart}/echo/5{qos}", f"QoS {qos}", qos)
        seen += device.hear(1)
        sent.wait_for_publish(PATIENCE)
        assert sent.is_published(), f"QoS {qos} is not acknowledged"
    saw("every quality of service", seen)

    saw("an empty payload", device.ask(f"{quickstart}/echo/53", ""))

    filters = ["#", "kp1/av/quickstart/+/json/status", "$SYS/#", f"{quickstart}/#"]
    saw("subscriptions", [device.subscribe(filter) < 128 for filter in filters])

    second = Device(f"paho-{token}").connect()
    ended = device.end()
    seen = second.ask(f"{quickstart}/echo/54", "it is me")
    second.tell(f"kp1/av/stage/{token}-teller/push/{token}/55", "more news")
    saw("a takeover", [ended] + seen + second.hear(2))
    second.leave()

    hasty = Device(f"paho-{token}-hasty")
    hasty.client.connect("127.0.0.1", options.port)
    hasty.tell(f"{quickstart}/echo/56", "CONNACK is not here")
    assert hasty.connacks.empty()
    hasty.client.loop_start()
    saw("a request before CONNACK", hasty.hear(1))
    hasty.leave()


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--token", required=True)
parser.add_argument("--mqtt5", action="store_true")
parser.add_argument("--websocket", action="store_true")
parser.add_argument("--ca")
options = parser.parse_args()
try:
    play()
except queue.Empty:
    sys.exit(f"waited {PATIENCE} s for what did not come")
