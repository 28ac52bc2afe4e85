//! What is refused for its first byte, its length, its identifier or its reason code.

use crate::{CONNECT_V5, CONNECT_V311, refused};

refused! {

    // The first byte.
    the_first_packet_is_connect:
        "", "c0 00"
        => "MQTT PINGREQ, packet type: this is the first packet; expected CONNECT [MQTT-3.1.0-1]",
        "closes";
    a_publish_before_connect_is_refused_before_it_is_complete:
        "", "30"
        => "MQTT PUBLISH, packet type: this is the first packet; expected CONNECT [MQTT-3.1.0-1]",
        "closes";
    the_request_of_a_browser_is_no_connect:
        "", "'GET / HTTP/1.1'"
        => "MQTT PUBACK, packet type: this is the first packet; expected CONNECT [MQTT-3.1.0-1]",
        "closes";
    a_tls_hello_on_the_plain_port_is_no_connect:
        "", "16 03 01"
        => "MQTT CONNECT, flags: flags 0b0110; expected 0b0000 [MQTT-2.1.3-1]",
        "closes";
    type_0_is_no_connect:
        "", "00 00"
        => "MQTT packet, packet type: this is the first packet; expected CONNECT [MQTT-3.1.0-1]",
        "closes";
    a_second_connect_is_a_violation_in_mqtt_3_1_1:
        CONNECT_V311, "10 0d 0004 'MQTT' 04 02 003c 0001 'a'"
        => "MQTT 3.1.1 CONNECT, packet type: a second CONNECT; expected one for each connection [MQTT-3.1.0-2]",
        "closes";
    a_second_connect_is_a_protocol_error_in_mqtt_5:
        CONNECT_V5, "10 0e 0004 'MQTT' 05 02 003c 00 0001 'a'"
        => "MQTT 5 CONNECT, packet type: a second CONNECT; expected one for each connection [MQTT-3.1.0-2]",
        "DISCONNECT 0x82";
    type_0_is_reserved_in_mqtt_3_1_1:
        CONNECT_V311, "00 00"
        => "MQTT 3.1.1 packet, packet type: packet type 0 is reserved; expected 1 to 14, or 15 with MQTT 5 [section 2.2.1]",
        "closes";
    type_0_is_reserved_in_mqtt_5:
        CONNECT_V5, "00 00"
        => "MQTT 5 packet, packet type: packet type 0 is reserved; expected 1 to 14, or 15 with MQTT 5 [section 2.1.2]",
        "DISCONNECT 0x81";
    mqtt_3_1_1_has_no_auth:
        CONNECT_V311, "f0 00"
        => "MQTT 3.1.1 AUTH, packet type: packet type 15 is reserved; expected 1 to 14, or 15 with MQTT 5 [section 2.2.1]",
        "closes";
    a_client_sends_no_connack:
        CONNECT_V5, "20 03 00 00 00"
        => "MQTT 5 CONNACK, packet type: only a server sends this packet [section 2.1.2]",
        "DISCONNECT 0x82";
    a_client_sends_no_suback:
        CONNECT_V311, "90 03 0001 00"
        => "MQTT 3.1.1 SUBACK, packet type: only a server sends this packet [section 2.2.1]",
        "closes";
    a_client_sends_no_unsuback:
        CONNECT_V5, "b0 04 0001 00 00"
        => "MQTT 5 UNSUBACK, packet type: only a server sends this packet [section 2.1.2]",
        "DISCONNECT 0x82";
    a_client_sends_no_pingresp:
        CONNECT_V311, "d0 00"
        => "MQTT 3.1.1 PINGRESP, packet type: only a server sends this packet [section 2.2.1]",
        "closes";

    // The reserved flags of each packet type.
    the_flags_of_connect_are_reserved:
        "", "11"
        => "MQTT CONNECT, flags: flags 0b0001; expected 0b0000 [MQTT-2.1.3-1]",
        "closes";
    the_flags_of_puback_are_reserved:
        CONNECT_V311, "42"
        => "MQTT 3.1.1 PUBACK, flags: flags 0b0010; expected 0b0000 [MQTT-2.2.2-2]",
        "closes";
    the_flags_of_pubrec_are_reserved:
        CONNECT_V5, "51"
        => "MQTT 5 PUBREC, flags: flags 0b0001; expected 0b0000 [MQTT-2.1.3-1]",
        "DISCONNECT 0x81";
    the_flags_of_pubrel_are_reserved:
        CONNECT_V311, "60"
        => "MQTT 3.1.1 PUBREL, flags: flags 0b0000; expected 0b0010 [MQTT-2.2.2-2]",
        "closes";
    the_flags_of_pubcomp_are_reserved:
        CONNECT_V5, "7f"
        => "MQTT 5 PUBCOMP, flags: flags 0b1111; expected 0b0000 [MQTT-2.1.3-1]",
        "DISCONNECT 0x81";
    the_flags_of_subscribe_are_reserved:
        CONNECT_V311, "80"
        => "MQTT 3.1.1 SUBSCRIBE, flags: flags 0b0000; expected 0b0010 [MQTT-2.2.2-2]",
        "closes";
    the_flags_of_unsubscribe_are_reserved:
        CONNECT_V5, "a3"
        => "MQTT 5 UNSUBSCRIBE, flags: flags 0b0011; expected 0b0010 [MQTT-2.1.3-1]",
        "DISCONNECT 0x81";
    the_flags_of_pingreq_are_reserved:
        CONNECT_V311, "c1"
        => "MQTT 3.1.1 PINGREQ, flags: flags 0b0001; expected 0b0000 [MQTT-2.2.2-2]",
        "closes";
    the_flags_of_disconnect_are_reserved:
        CONNECT_V5, "e8"
        => "MQTT 5 DISCONNECT, flags: flags 0b1000; expected 0b0000 [MQTT-2.1.3-1]",
        "DISCONNECT 0x81";
    the_flags_of_auth_are_reserved:
        CONNECT_V5, "f1"
        => "MQTT 5 AUTH, flags: flags 0b0001; expected 0b0000 [MQTT-2.1.3-1]",
        "DISCONNECT 0x81";

    // The remaining length.
    a_length_has_at_most_four_bytes_in_mqtt_3_1_1:
        CONNECT_V311, "30 80 80 80 80"
        => "MQTT 3.1.1 PUBLISH, remaining length: a variable byte integer of more than 4 bytes [section 2.2.3]",
        "closes";
    a_length_has_at_most_four_bytes_in_mqtt_5:
        CONNECT_V5, "30 ff ff ff ff"
        => "MQTT 5 PUBLISH, remaining length: a variable byte integer of more than 4 bytes [section 1.5.5]",
        "DISCONNECT 0x81";
    a_length_has_at_most_four_bytes_in_connect:
        "", "10 ff ff ff ff 00"
        => "MQTT CONNECT, remaining length: a variable byte integer of more than 4 bytes [section 1.5.5]",
        "closes";
    mqtt_5_wants_a_length_without_leading_zeros:
        CONNECT_V5, "c0 80 00"
        => "MQTT 5 PINGREQ, remaining length: a variable byte integer that takes more bytes than it needs [MQTT-1.5.5-1]",
        "DISCONNECT 0x81";
    mqtt_5_wants_that_of_connect_too:
        "", "10 8e 00 0004 'MQTT' 05 02 003c 00 0001 'a'"
        => "MQTT 5 CONNECT, remaining length: a variable byte integer that takes more bytes than it needs [MQTT-1.5.5-1]",
        "CONNACK 0x81";
    a_packet_that_is_too_large_is_not_waited_for:
        CONNECT_V311, "30 fd ff 0f"
        => "MQTT 3.1.1 PUBLISH, remaining length: a packet of 262145 bytes; expected at most 262144 [section 2.2.3]",
        "closes";
    mqtt_5_is_told_that_a_packet_is_too_large:
        CONNECT_V5, "30 ff ff ff 7f"
        => "MQTT 5 PUBLISH, remaining length: a packet of 268435460 bytes; expected at most 262144 [MQTT-3.2.2-15]",
        "DISCONNECT 0x95";
    a_connect_that_is_too_large_is_not_answered:
        "", "10 ff ff ff 7f"
        => "MQTT CONNECT, remaining length: a packet of 268435460 bytes; expected at most 262144 [MQTT-3.2.2-15]",
        "closes";

    // Packets without a body, and packet identifiers.
    pingreq_has_no_body:
        CONNECT_V311, "c0 01 00"
        => "MQTT 3.1.1 PINGREQ, fixed header: 1 bytes follow the last field; expected none [MQTT-4.8.0-1]",
        "closes";
    disconnect_has_no_body_in_mqtt_3_1_1:
        CONNECT_V311, "e0 01 00"
        => "MQTT 3.1.1 DISCONNECT, fixed header: 1 bytes follow the last field; expected none [MQTT-4.8.0-1]",
        "closes";
    puback_has_no_reason_code_in_mqtt_3_1_1:
        CONNECT_V311, "40 03 0001 00"
        => "MQTT 3.1.1 PUBACK, variable header: 1 bytes follow the last field; expected none [MQTT-4.8.0-1]",
        "closes";
    nothing_follows_the_properties_of_puback:
        CONNECT_V5, "40 05 0001 00 00 00"
        => "MQTT 5 PUBACK, variable header: 1 bytes follow the last field; expected none [section 4.13.1]",
        "DISCONNECT 0x81";
    nothing_follows_the_properties_of_disconnect:
        CONNECT_V5, "e0 03 00 00 00"
        => "MQTT 5 DISCONNECT, variable header: 1 bytes follow the last field; expected none [section 4.13.1]",
        "DISCONNECT 0x81";
    puback_needs_an_identifier:
        CONNECT_V311, "40 01 00"
        => "MQTT 3.1.1 PUBACK, packet identifier: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
    pubrec_of_nothing_needs_an_identifier:
        CONNECT_V5, "50 00"
        => "MQTT 5 PUBREC, packet identifier: the packet ends inside this field [section 4.13.1]",
        "DISCONNECT 0x81";
    the_identifier_of_puback_is_not_0:
        CONNECT_V311, "40 02 0000"
        => "MQTT 3.1.1 PUBACK, packet identifier: 0; expected 1 to 65535 [MQTT-2.3.1-1]",
        "closes";
    the_identifier_of_pubrel_is_not_0:
        CONNECT_V5, "62 02 0000"
        => "MQTT 5 PUBREL, packet identifier: 0; expected 1 to 65535 [MQTT-2.2.1-3]",
        "DISCONNECT 0x82";

    // Reason codes.
    puback_has_no_reason_code_of_another_packet:
        CONNECT_V5, "40 03 0001 92"
        => "MQTT 5 PUBACK, reason code: 0x92 is no reason code of this packet [MQTT-3.4.2-1]",
        "DISCONNECT 0x82";
    pubrec_has_no_reason_code_that_is_not_defined:
        CONNECT_V5, "50 03 0001 7f"
        => "MQTT 5 PUBREC, reason code: 0x7f is no reason code of this packet [MQTT-3.5.2-1]",
        "DISCONNECT 0x82";
    pubrel_is_success_or_identifier_not_found:
        CONNECT_V5, "62 03 0001 10"
        => "MQTT 5 PUBREL, reason code: 0x10 is no reason code of this packet [MQTT-3.6.2-1]",
        "DISCONNECT 0x82";
    pubcomp_is_success_or_identifier_not_found:
        CONNECT_V5, "70 03 0001 80"
        => "MQTT 5 PUBCOMP, reason code: 0x80 is no reason code of this packet [MQTT-3.7.2-1]",
        "DISCONNECT 0x82";
    a_client_does_not_disconnect_like_a_server:
        CONNECT_V5, "e0 01 8e"
        => "MQTT 5 DISCONNECT, reason code: 0x8e is no reason code of this packet [MQTT-3.14.2-1]",
        "DISCONNECT 0x82";
}
