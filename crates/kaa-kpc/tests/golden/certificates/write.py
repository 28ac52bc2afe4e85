"""Writes certificates whose issuers and serial numbers are out of the ordinary.

The expected texts in src/listen/certificate/tests.rs are what two other implementations make of them:

    openssl x509 -in special.pem -noout -issuer -serial -nameopt RFC2253,-esc_msb,utf8
    new X500Principal(der).getName()    // Java; also for the attributes that have no short name

OpenSSL writes the attributes of one part in the reverse order, and knows more short names; Java escapes more
than it has to. Signatures are zeros: nobody verifies them.
"""

import base64

UTF8, NUMERIC, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP = 12, 18, 19, 20, 22, 28, 30
CODECS = {TELETEX: "latin-1", UNIVERSAL: "utf-32-be", BMP: "utf-16-be"}

CN, C, L, ST, STREET, O, OU = "2.5.4.3", "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.10", "2.5.4.11"
UID, DC = "0.9.2342.19200300.100.1.1", "0.9.2342.19200300.100.1.25"
SERIAL_NUMBER, EMAIL, JURISDICTION = "2.5.4.5", "1.2.840.113549.1.9.1", "1.3.6.1.4.1.311.60.2.1.3"


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    length = bytes([len(content)]) if len(content) < 128 else bytes([0x80 | len(size)]) + size
    return bytes([tag]) + length + content


def oid(dotted):
    first, second, *arcs = map(int, dotted.split("."))
    content = b""
    for arc in [40 * first + second, *arcs]:
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(septets))
    return tlv(6, content)


def attribute(number, tag, text):
    return tlv(0x30, oid(number), tlv(tag, text.encode(CODECS.get(tag, "utf-8"))))


def certificate(name, serial_number, parts):
    ed25519 = tlv(0x30, oid("1.3.101.112"))
    signed = tlv(
        0x30,
        tlv(0xA0, tlv(2, b"\2")),
        tlv(2, bytes.fromhex(serial_number)),
        ed25519,
        tlv(0x30, *(tlv(0x31, *(attribute(*each) for each in part)) for part in parts)),
        tlv(0x30, tlv(23, b"260101000000Z"), tlv(23, b"360101000000Z")),
        tlv(0x30),
        tlv(0x30, ed25519, tlv(3, bytes(33))),
    )
    text = base64.b64encode(tlv(0x30, signed, ed25519, tlv(3, bytes(65)))).decode()
    with open(f"{name}.pem", "w") as file:
        print("-----BEGIN CERTIFICATE-----", file=file)
        print(*(text[at : at + 64] for at in range(0, len(text), 64)), sep="\n", file=file)
        print("-----END CERTIFICATE-----", file=file)


certificate(
    "plain",
    "01",
    [
        [(C, PRINTABLE, "US")],
        [(ST, UTF8, "California")],
        [(L, UTF8, "Los Angeles")],
        [(O, UTF8, "Example")],
        [(CN, UTF8, "Device CA")],
    ],
)
certificate(
    "special",
    "00fedcba98765432100123456789abcdef01234567",
    [
        [(DC, IA5, "org")],
        [(DC, IA5, "example")],
        [(STREET, UTF8, "1, Main Street")],
        [(O, UTF8, 'a "quoted" + <b;c> = d\\e')],
        [(OU, UTF8, "#first"), (UID, UTF8, "j.doe")],
        [(L, UTF8, " both ends ")],
        [(OU, UTF8, " ")],
        [(OU, UTF8, "##")],
        [(OU, UTF8, "")],
    ],
)
certificate(
    "strings",
    "80",
    [
        [(CN, UTF8, "Ünïcödé 日本 😀")],
        [(CN, TELETEX, "Müller")],
        [(CN, BMP, "Straße")],
        [(CN, UNIVERSAL, "日本")],
        [(O, NUMERIC, "123")],
        [(OU, UTF8, "line\nbreak\0\x7f")],
    ],
)
certificate(
    "numbers",
    "00",
    [
        [(SERIAL_NUMBER, PRINTABLE, "4711")],
        [(EMAIL, IA5, "a@example.org")],
        [("2.999.3", UTF8, "x")],
        [(JURISDICTION, PRINTABLE, "DE")],
    ],
)
certificate("empty", "7f" * 40, [])
