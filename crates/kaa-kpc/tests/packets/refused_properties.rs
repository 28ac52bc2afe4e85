//! What is refused for its properties, which MQTT 5 has.

use crate::{CONNECT_V5, refused};

refused! {

    // Which properties, and how often.
    a_property_that_is_not_defined_is_malformed:
        CONNECT_V5, "30 06 0001 't' 02 04 00"
        => "MQTT 5 PUBLISH, property identifier: property 0x04 is not defined [section 2.2.2.2]",
        "DISCONNECT 0x81";
    the_identifier_of_a_property_is_a_number_of_any_size:
        CONNECT_V5, "30 08 0001 't' 04 ff ff ff 7f"
        => "MQTT 5 PUBLISH, property identifier: property 0xfffffff is not defined [section 2.2.2.2]",
        "DISCONNECT 0x81";
    the_identifier_of_a_property_is_minimal:
        CONNECT_V5, "30 07 0001 't' 03 81 00 01"
        => "MQTT 5 PUBLISH, property identifier: a variable byte integer that takes more bytes than it needs [MQTT-1.5.5-1]",
        "DISCONNECT 0x81";
    a_property_length_is_minimal:
        CONNECT_V5, "30 05 0001 't' 80 00"
        => "MQTT 5 PUBLISH, property length: a variable byte integer that takes more bytes than it needs [MQTT-1.5.5-1]",
        "DISCONNECT 0x81";
    a_property_length_has_at_most_four_bytes:
        CONNECT_V5, "30 08 0001 't' ffffffff01"
        => "MQTT 5 PUBLISH, property length: a variable byte integer of more than 4 bytes [section 1.5.5]",
        "DISCONNECT 0x81";
    properties_end_inside_the_packet:
        CONNECT_V5, "30 06 0001 't' 05 01 01"
        => "MQTT 5 PUBLISH, properties: the packet ends inside this field [section 4.13.1]",
        "DISCONNECT 0x81";
    a_property_ends_inside_the_properties:
        CONNECT_V5, "32 0e 0001 't' 0001 01 01 'payload'"
        => "MQTT 5 PUBLISH, payload format indicator: the packet ends inside this field [section 4.13.1]",
        "DISCONNECT 0x81";
    a_property_of_another_packet_is_malformed:
        "", "10 10 0004 'MQTT' 05 02 003c 02 01 01 0001 'a'"
        => "MQTT 5 CONNECT, payload format indicator: not allowed in this packet [section 2.2.2.2]",
        "CONNACK 0x81";
    a_property_of_connect_is_not_one_of_the_will:
        "", "10 18 0004 'MQTT' 05 06 003c 00 0001 'a' 03 21 0001 0001 't' 0001 'm'"
        => "MQTT 5 CONNECT, receive maximum: not allowed in this packet [section 2.2.2.2]",
        "CONNACK 0x81";
    a_property_of_the_server_is_not_one_of_the_client:
        CONNECT_V5, "e0 0a 00 08 1c 0005 'other'"
        => "MQTT 5 DISCONNECT, server reference: not allowed in this packet [section 2.2.2.2]",
        "DISCONNECT 0x81";
    puback_has_a_reason_string_and_user_properties_only:
        CONNECT_V5, "40 09 0001 00 05 02 00000001"
        => "MQTT 5 PUBACK, message expiry interval: not allowed in this packet [section 2.2.2.2]",
        "DISCONNECT 0x81";
    unsubscribe_has_user_properties_only:
        CONNECT_V5, "a2 08 0001 02 0b 01 0001 't'"
        => "MQTT 5 UNSUBSCRIBE, subscription identifier: not allowed in this packet [section 2.2.2.2]",
        "DISCONNECT 0x81";
    a_property_of_connect_comes_once:
        "", "10 18 0004 'MQTT' 05 02 003c 0a 11 00000001 11 00000002 0001 'a'"
        => "MQTT 5 CONNECT, session expiry interval: sent twice; expected once [section 3.1.2.11]",
        "CONNACK 0x82";
    a_property_of_the_will_comes_once:
        "", "10 1f 0004 'MQTT' 05 06 003c 00 0001 'a' 0a 18 00000001 18 00000001 0001 't' 0001 'm'"
        => "MQTT 5 CONNECT, will delay interval: sent twice; expected once [section 3.1.3.2]",
        "CONNACK 0x82";
    a_property_of_publish_comes_once:
        CONNECT_V5, "30 0c 0001 't' 08 03 0001 'a' 03 0001 'a'"
        => "MQTT 5 PUBLISH, content type: sent twice; expected once [section 3.3.2.3]",
        "DISCONNECT 0x82";
    a_topic_alias_comes_once:
        CONNECT_V5, "30 0a 0001 't' 06 23 0001 23 0001"
        => "MQTT 5 PUBLISH, topic alias: sent twice; expected once [section 3.3.2.3]",
        "DISCONNECT 0x82";
    a_reason_string_comes_once:
        CONNECT_V5, "62 0c 0001 00 08 1f 0001 'a' 1f 0001 'a'"
        => "MQTT 5 PUBREL, reason string: sent twice; expected once [section 3.6.2.2]",
        "DISCONNECT 0x82";

    // Their values.
    a_receive_maximum_is_not_0:
        "", "10 11 0004 'MQTT' 05 02 003c 03 21 0000 0001 'a'"
        => "MQTT 5 CONNECT, receive maximum: 0; expected more [section 3.1.2.11]",
        "CONNACK 0x82";
    a_maximum_packet_size_is_not_0:
        "", "10 13 0004 'MQTT' 05 02 003c 05 27 00000000 0001 'a'"
        => "MQTT 5 CONNECT, maximum packet size: 0; expected more [section 3.1.2.11]",
        "CONNACK 0x82";
    request_problem_information_is_0_or_1:
        "", "10 10 0004 'MQTT' 05 02 003c 02 17 02 0001 'a'"
        => "MQTT 5 CONNECT, request problem information: 2; expected 0 or 1 [section 3.1.2.11]",
        "CONNACK 0x82";
    request_response_information_is_0_or_1:
        "", "10 10 0004 'MQTT' 05 02 003c 02 19 ff 0001 'a'"
        => "MQTT 5 CONNECT, request response information: 255; expected 0 or 1 [section 3.1.2.11]",
        "CONNACK 0x82";
    a_payload_format_indicator_is_0_or_1:
        CONNECT_V5, "30 06 0001 't' 02 01 02"
        => "MQTT 5 PUBLISH, payload format indicator: 2; expected 0 or 1 [section 3.3.2.3]",
        "DISCONNECT 0x82";
    the_response_topic_of_a_will_is_a_topic_name:
        "", "10 19 0004 'MQTT' 05 06 003c 00 0001 'a' 04 08 0001 '#' 0001 't' 0001 'm'"
        => "MQTT 5 CONNECT, response topic: the response topic contains the wildcard #; expected a topic name [MQTT-3.3.2-14]",
        "CONNACK 0x82";
    a_user_property_is_two_texts:
        CONNECT_V5, "30 0a 0001 't' 06 26 0003 'key'"
        => "MQTT 5 PUBLISH, user property: the packet ends inside this field [section 4.13.1]",
        "DISCONNECT 0x81";
    the_second_text_of_a_user_property_is_utf_8:
        CONNECT_V5, "30 0d 0001 't' 09 26 0003 'key' 0001 ff"
        => "MQTT 5 PUBLISH, user property: the text is not well-formed UTF-8 [MQTT-1.5.4-1]",
        "DISCONNECT 0x81";
    a_content_type_has_no_null_character:
        CONNECT_V5, "30 08 0001 't' 04 03 0001 00"
        => "MQTT 5 PUBLISH, content type: the text contains U+0000 [MQTT-1.5.4-2]",
        "DISCONNECT 0x81";

    // Enhanced authentication, and the end of a session.
    authentication_data_needs_a_method:
        "", "10 12 0004 'MQTT' 05 02 003c 04 16 0001 00 0001 'a'"
        => "MQTT 5 CONNECT, authentication data: authentication data without an authentication method [section 3.1.2.11.10]",
        "CONNACK 0x82";
    auth_needs_a_connect_with_a_method:
        CONNECT_V5, "f0 0a 18 08 15 0005 'SCRAM'"
        => "MQTT 5 AUTH, packet type: the CONNECT had no authentication method; expected no AUTH [MQTT-4.12.0-7]",
        "DISCONNECT 0x82";
    auth_has_the_method_of_the_connect:
        "10 16 0004 'MQTT' 05 02 003c 08 15 0005 'SCRAM' 0001 'a'", "f0 0a 18 08 15 0005 'PLAIN'"
        => "MQTT 5 AUTH, authentication method: another authentication method than that of the CONNECT, or none [MQTT-4.12.0-5]",
        "DISCONNECT 0x82";
    auth_has_a_method:
        "10 16 0004 'MQTT' 05 02 003c 08 15 0005 'SCRAM' 0001 'a'", "f0 02 18 00"
        => "MQTT 5 AUTH, authentication method: another authentication method than that of the CONNECT, or none [MQTT-4.12.0-5]",
        "DISCONNECT 0x82";
    auth_of_success_comes_from_a_server:
        "10 16 0004 'MQTT' 05 02 003c 08 15 0005 'SCRAM' 0001 'a'", "f0 0a 00 08 15 0005 'SCRAM'"
        => "MQTT 5 AUTH, reason code: 0x00 is no reason code of this packet [MQTT-3.15.2-1]",
        "DISCONNECT 0x82";
    auth_of_nothing_means_success:
        "10 16 0004 'MQTT' 05 02 003c 08 15 0005 'SCRAM' 0001 'a'", "f0 00"
        => "MQTT 5 AUTH, reason code: 0x00 is no reason code of this packet [MQTT-3.15.2-1]",
        "DISCONNECT 0x82";
    disconnect_does_not_prolong_a_session_that_ends_with_it:
        CONNECT_V5, "e0 07 00 05 11 00000001"
        => "MQTT 5 DISCONNECT, session expiry interval: a session expiry interval; the CONNECT set it to 0, expected 0 or none [section 3.14.2.2.2]",
        "DISCONNECT 0x82";
    the_method_of_auth_comes_once:
        "10 16 0004 'MQTT' 05 02 003c 08 15 0005 'SCRAM' 0001 'a'", "f0 12 19 10 15 0005 'SCRAM' 15 0005 'SCRAM'"
        => "MQTT 5 AUTH, authentication method: sent twice; expected once [section 3.15.2.2]",
        "DISCONNECT 0x82";
}
