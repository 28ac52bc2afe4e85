#!/usr/bin/env python3
"""Makes captured.txt: what MQTT clients that other people wrote send to a server.

    apt-get install -y mosquitto-clients     # 2.0.11 made the committed file
    pip install paho-mqtt==2.1.0
    python3 crates/kaa-kpc/tests/golden/capture.py

Each conversation has a server of its own here, which accepts everything, answers as little as keeps the
client going, and writes down what came. A subscriber is sent one message of each QoS. All identifiers are
given, so a second run writes the same file, except where a client sends its packets in another order.

The file has a line `[version] what` for each conversation and, below it, one packet a line in hex.
"""

import pathlib
import socket
import subprocess
import threading

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

TOPIC = "kp1/humidity-sensor-v3/dcx/token-1/json/42"
PAYLOAD = '[{"humidity":88}]'


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def read_packet(connection):
    """The whole packet, and its part after the fixed header."""
    head, length, shift = read_exactly(connection, 1), 0, 0
    while True:
        byte = read_exactly(connection, 1)
        head += byte
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            body = read_exactly(connection, length)
            return head + body, body


def skip_text(body, at):
    return at + 2 + int.from_bytes(body[at : at + 2], "big")


class Server(threading.Thread):
    """Talks to one client until it goes."""

    def __init__(self, version):
        super().__init__(daemon=True)
        self.version = version
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.packets = []
        self.start()

    def run(self):
        connection, _ = self.socket.accept()
        try:
            while True:
                packet, body = read_packet(connection)
                self.packets.append(packet)
                connection.sendall(self.answer(packet, body))
        except (EOFError, ConnectionError):
            connection.close()

    def answer(self, packet, body):
        kind, qos, v5 = packet[0] >> 4, packet[0] >> 1 & 3, self.version == 5
        none = b"\0" if v5 else b""
        if kind == 1:
            return bytes([0x20, 2 + len(none), 0, 0]) + none
        if kind == 3 and qos:
            at = skip_text(body, 0)
            return bytes([0x40 if qos == 1 else 0x50, 2]) + body[at : at + 2]
        if kind == 5:
            return bytes([0x62, 2]) + body[:2]
        if kind == 6:
            return bytes([0x70, 2]) + body[:2]
        if kind == 8:
            at, codes = 2, b""
            if v5:
                at += 1 + body[at]
            while at < len(body):
                at = skip_text(body, at)
                codes += bytes([body[at] & 3])
                at += 1
            suback = bytes([0x90, 2 + len(none) + len(codes)]) + body[:2] + none + codes
            return suback + b"".join(self.message(qos, none) for qos in range(3))
        if kind == 10:
            codes = b"\0" if v5 else b""
            return bytes([0xB0, 2 + len(none) + len(codes)]) + body[:2] + none + codes
        if kind == 12:
            return bytes([0xD0, 0])
        return b""

    @staticmethod
    def message(qos, none):
        topic = (TOPIC + "/status").encode()
        identifier = bytes([0, 7 + qos]) if qos else b""
        body = len(topic).to_bytes(2, "big") + topic + identifier + none + b"ok"
        return bytes([0x30 | qos << 1, len(body)]) + body


def mosquitto(tool, version, *options):
    server = Server(version)
    name = {4: "311", 5: "5"}[version]
    command = [tool, "-V", name, "-p", str(server.port), "-h", "127.0.0.1", "-i", "sensor-1", *options]
    subprocess.run(command, check=True, timeout=20, stdout=subprocess.DEVNULL)
    server.join(20)
    return server.packets


def with_paho(version, script, **options):
    server = Server(version)
    protocol = paho.MQTTv5 if version == 5 else paho.MQTTv311
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="sensor-1", protocol=protocol, **options)
    connected, quiet = threading.Event(), threading.Event()
    client.on_connect = lambda *_: connected.set()
    received = []

    def on_message(*_):
        received.append(1)
        if len(received) == 3:
            quiet.set()

    client.on_message = on_message
    script(client, server.port, connected, quiet)
    server.join(20)
    return server.packets


def user_properties(kind, **properties):
    values = Properties(kind)
    values.UserProperty = [("firmware", "1.4"), ("battery", "87 %")]
    for name, value in properties.items():
        setattr(values, name, value)
    return values


def publishes(client, port, connected, _):
    client.username_pw_set("device", "secret")
    client.connect("127.0.0.1", port, keepalive=30)
    client.loop_start()
    connected.wait(10)
    for qos in range(3):
        client.publish(TOPIC, PAYLOAD, qos=qos).wait_for_publish(10)
    client.publish(TOPIC, b"", qos=1, retain=True).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def subscribes(client, port, connected, quiet):
    client.will_set(TOPIC, "gone", qos=1, retain=True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    connected.wait(10)
    client.subscribe([(TOPIC + "/status", 2), ("kp1/+/cmx/#", 1)])
    quiet.wait(10)
    client.unsubscribe([TOPIC + "/status", "kp1/+/cmx/#"])
    client.publish(TOPIC, PAYLOAD, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def with_properties(client, port, connected, quiet):
    connect = user_properties(
        PacketTypes.CONNECT, SessionExpiryInterval=3600, ReceiveMaximum=20, MaximumPacketSize=65536, TopicAliasMaximum=5
    )
    connect.RequestProblemInformation = 1
    connect.RequestResponseInformation = 0
    will = user_properties(
        PacketTypes.WILLMESSAGE, WillDelayInterval=10, ContentType="text/plain", PayloadFormatIndicator=1
    )
    client.will_set(TOPIC, "gone", qos=2, properties=will)
    client.username_pw_set("device")
    client.connect("127.0.0.1", port, clean_start=False, properties=connect)
    client.loop_start()
    connected.wait(10)
    subscribe = user_properties(PacketTypes.SUBSCRIBE, SubscriptionIdentifier=200)
    options = paho.SubscribeOptions(qos=2, noLocal=True, retainAsPublished=True, retainHandling=2)
    client.subscribe([(TOPIC + "/status", options)], properties=subscribe)
    quiet.wait(10)
    publish = user_properties(
        PacketTypes.PUBLISH,
        PayloadFormatIndicator=1,
        MessageExpiryInterval=60,
        ContentType="application/json",
        ResponseTopic=TOPIC + "/status",
        CorrelationData=b"\x00\xff42",
    )
    client.publish(TOPIC, PAYLOAD, qos=1, properties=publish).wait_for_publish(10)
    client.unsubscribe(TOPIC + "/status", properties=user_properties(PacketTypes.UNSUBSCRIBE))
    client.publish(TOPIC, PAYLOAD, qos=1).wait_for_publish(10)
    client.disconnect(properties=user_properties(PacketTypes.DISCONNECT, ReasonString="enough"))
    client.loop_stop()


def conversations():
    for version in (4, 5):
        for qos in "012":
            options = ["-t", TOPIC, "-m", PAYLOAD, "-q", qos, "-u", "device", "-P", "secret"]
            yield version, f"mosquitto_pub QoS {qos}", mosquitto("mosquitto_pub", version, *options)
        will = ["--will-topic", TOPIC, "--will-payload", "gone", "--will-qos", "1", "--will-retain"]
        topics = ["-t", TOPIC + "/status", "-t", "kp1/+/cmx/#", "-U", "kp1/old/#", "-q", "2", "-C", "3"]
        yield version, "mosquitto_sub with a will", mosquitto("mosquitto_sub", version, *topics, *will)
        yield version, "mosquitto_sub, not clean", mosquitto("mosquitto_sub", version, *topics, "-c")
        yield version, "paho publishes", with_paho(version, publishes)
        yield version, "paho subscribes", with_paho(version, subscribes)
    properties = ["-D", "connect", "session-expiry-interval", "600", "-D", "publish", "user-property", "a", "b"]
    options = ["-t", TOPIC, "-m", PAYLOAD, "-q", "1", *properties, "-D", "publish", "topic-alias", "1"]
    yield 5, "mosquitto_pub with properties", mosquitto("mosquitto_pub", 5, *options, "--repeat", "2")
    yield 5, "paho with properties", with_paho(5, with_properties)


def main():
    lines = ["# Made by capture.py: what MQTT clients that other people wrote send to a server.", ""]
    for version, what, packets in conversations():
        lines.append(f"[{ {4: '3.1.1', 5: '5'}[version] }] {what}")
        lines += [packet.hex() for packet in packets]
        lines.append("")
    path = pathlib.Path(__file__).parent / "captured.txt"
    path.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
