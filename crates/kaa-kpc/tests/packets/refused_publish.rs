//! PUBLISH packets that are refused.

use crate::{CONNECT_V5, CONNECT_V311, refused};

refused! {
    qos_3_does_not_exist_in_mqtt_3_1_1:
        CONNECT_V311, "36 06 0001 't' 0001 'x'"
        => "MQTT 3.1.1 PUBLISH, flags: QoS 3; expected 0 to 2 [MQTT-3.3.1-4]",
        "closes";
    qos_3_does_not_exist_in_mqtt_5:
        CONNECT_V5, "36 07 0001 't' 0001 00 'x'"
        => "MQTT 5 PUBLISH, flags: QoS 3; expected 0 to 2 [MQTT-3.3.1-4]",
        "DISCONNECT 0x81";
    what_is_sent_at_most_once_is_no_duplicate_in_mqtt_3_1_1:
        CONNECT_V311, "38 04 0001 't' 'x'"
        => "MQTT 3.1.1 PUBLISH, flags: DUP is set with QoS 0; expected 0 [MQTT-3.3.1-2]",
        "closes";
    what_is_sent_at_most_once_is_no_duplicate_in_mqtt_5:
        CONNECT_V5, "38 05 0001 't' 00 'x'"
        => "MQTT 5 PUBLISH, flags: DUP is set with QoS 0; expected 0 [MQTT-3.3.1-2]",
        "DISCONNECT 0x81";
    qos_1_has_an_identifier:
        CONNECT_V311, "32 03 0001 't'"
        => "MQTT 3.1.1 PUBLISH, packet identifier: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
    the_identifier_of_qos_1_is_not_0:
        CONNECT_V311, "32 05 0001 't' 0000"
        => "MQTT 3.1.1 PUBLISH, packet identifier: 0; expected 1 to 65535 [MQTT-2.3.1-1]",
        "closes";
    the_identifier_of_qos_2_is_not_0:
        CONNECT_V5, "34 07 0001 't' 0000 00 'x'"
        => "MQTT 5 PUBLISH, packet identifier: 0; expected 1 to 65535 [MQTT-2.2.1-3]",
        "DISCONNECT 0x82";
    a_publish_of_nothing_has_no_topic:
        CONNECT_V311, "30 00"
        => "MQTT 3.1.1 PUBLISH, topic name: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
    a_topic_ends_inside_the_packet:
        CONNECT_V5, "30 03 0005 't'"
        => "MQTT 5 PUBLISH, topic name: the packet ends inside this field [section 4.13.1]",
        "DISCONNECT 0x81";
    mqtt_5_has_a_property_length:
        CONNECT_V5, "30 03 0001 't'"
        => "MQTT 5 PUBLISH, property length: the packet ends inside this field [section 4.13.1]",
        "DISCONNECT 0x81";
    a_topic_is_not_empty_in_mqtt_3_1_1:
        CONNECT_V311, "30 03 0000 'x'"
        => "MQTT 3.1.1 PUBLISH, topic name: empty; expected at least one character [MQTT-4.7.3-1]",
        "closes";
    a_topic_is_not_empty_without_an_alias:
        CONNECT_V5, "30 04 0000 00 'x'"
        => "MQTT 5 PUBLISH, topic name: empty; expected at least one character [MQTT-4.7.3-1]",
        "DISCONNECT 0x82";
    a_topic_has_no_plus_in_mqtt_3_1_1:
        CONNECT_V311, "30 07 0005 'a/+/b'"
        => "MQTT 3.1.1 PUBLISH, topic name: the topic name contains the wildcard + [MQTT-3.3.2-2]",
        "closes";
    a_topic_has_no_number_sign_in_mqtt_5:
        CONNECT_V5, "30 06 0003 'a/#' 00"
        => "MQTT 5 PUBLISH, topic name: the topic name contains the wildcard # [MQTT-3.3.2-2]",
        "DISCONNECT 0x81";
    a_topic_has_no_null_character_in_mqtt_3_1_1:
        CONNECT_V311, "30 04 0002 'a' 00"
        => "MQTT 3.1.1 PUBLISH, topic name: the text contains U+0000 [MQTT-4.7.3-2]",
        "closes";
    a_topic_has_no_null_character_in_mqtt_5:
        CONNECT_V5, "30 05 0002 'a' 00 00"
        => "MQTT 5 PUBLISH, topic name: the text contains U+0000 [MQTT-4.7.3-2]",
        "DISCONNECT 0x81";
    a_topic_has_no_control_character:
        CONNECT_V311, "30 04 0002 'a' 0a"
        => "MQTT 3.1.1 PUBLISH, topic name: the text contains the control character U+000A [section 1.5.3]",
        "closes";
    a_topic_has_no_control_character_of_two_bytes:
        CONNECT_V5, "30 05 0002 c29f 00"
        => "MQTT 5 PUBLISH, topic name: the text contains the control character U+009F [section 1.5.4]",
        "DISCONNECT 0x81";
    a_topic_is_utf_8:
        CONNECT_V311, "30 03 0001 ff"
        => "MQTT 3.1.1 PUBLISH, topic name: the text is not well-formed UTF-8 [MQTT-1.5.3-1]",
        "closes";
    a_topic_has_no_surrogates:
        CONNECT_V5, "30 06 0003 edbfbf 00"
        => "MQTT 5 PUBLISH, topic name: the text is not well-formed UTF-8 [MQTT-1.5.4-1]",
        "DISCONNECT 0x81";
    a_topic_has_no_overlong_encoding:
        CONNECT_V311, "30 04 0002 c0af"
        => "MQTT 3.1.1 PUBLISH, topic name: the text is not well-formed UTF-8 [MQTT-1.5.3-1]",
        "closes";
    a_client_sends_no_subscription_identifier:
        CONNECT_V5, "30 07 0001 't' 02 0b 01 'x'"
        => "MQTT 5 PUBLISH, subscription identifier: a client sends no subscription identifier in a PUBLISH [MQTT-3.3.4-6]",
        "DISCONNECT 0x82";
    a_response_topic_has_no_wildcard:
        CONNECT_V5, "30 0b 0001 't' 06 08 0003 'r/+' 'x'"
        => "MQTT 5 PUBLISH, response topic: the response topic contains the wildcard +; expected a topic name [MQTT-3.3.2-14]",
        "DISCONNECT 0x82";
    a_response_topic_is_not_empty:
        CONNECT_V5, "30 08 0001 't' 03 08 0000 'x'"
        => "MQTT 5 PUBLISH, response topic: empty; expected at least one character [MQTT-4.7.3-1]",
        "DISCONNECT 0x82";
    a_topic_alias_is_not_0:
        CONNECT_V5, "30 08 0001 't' 03 23 0000 'x'"
        => "MQTT 5 PUBLISH, topic alias: topic alias 0; expected 1 or more [MQTT-3.3.2-8]",
        "DISCONNECT 0x94";
    a_topic_alias_that_was_not_offered_is_refused:
        CONNECT_V5, "30 08 0001 't' 03 23 0001 'x'"
        => "MQTT 5 PUBLISH, topic alias: topic alias 1; expected at most 0 [MQTT-3.3.2-9]",
        "DISCONNECT 0x94";
}
