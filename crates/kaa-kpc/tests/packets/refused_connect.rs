//! CONNECT packets that are refused.

use crate::refused;

refused! {

    // Protocol name and level.
    mqtt_3_1_is_told_that_it_is_not_served:
        "", "10 0f 0006 'MQIsdp' 03 02 003c 0001 'a'"
        => "MQTT CONNECT, protocol level: 3 is not supported; expected 4 (MQTT 3.1.1) or 5 [MQTT-3.1.2-2]",
        "CONNACK 0x01";
    a_level_below_4_is_told_so_in_mqtt_3_1_1:
        "", "10 0d 0004 'MQTT' 03 02 003c 0001 'a'"
        => "MQTT CONNECT, protocol level: 3 is not supported; expected 4 (MQTT 3.1.1) or 5 [MQTT-3.1.2-2]",
        "CONNACK 0x01";
    a_level_above_5_is_told_so_in_mqtt_5:
        "", "10 0e 0004 'MQTT' 06 02 003c 00 0001 'a'"
        => "MQTT CONNECT, protocol level: 6 is not supported; expected 4 (MQTT 3.1.1) or 5 [MQTT-3.1.2-2]",
        "CONNACK 0x84";
    the_level_of_a_bridge_is_none:
        "", "10 0d 0004 'MQTT' 84 02 003c 0001 'a'"
        => "MQTT CONNECT, protocol level: 132 is not supported; expected 4 (MQTT 3.1.1) or 5 [MQTT-3.1.2-2]",
        "CONNACK 0x84";
    another_protocol_is_told_nothing:
        "", "10 0d 0004 'HTTP' 04 02 003c 0001 'a'"
        => "MQTT CONNECT, protocol name: unknown; expected MQTT [MQTT-3.1.2-1]",
        "closes";
    the_protocol_name_has_capital_letters:
        "", "10 0d 0004 'mqtt' 04 02 003c 0001 'a'"
        => "MQTT CONNECT, protocol name: unknown; expected MQTT [MQTT-3.1.2-1]",
        "closes";
    mqtt_3_1_has_one_level_only:
        "", "10 0f 0006 'MQIsdp' 04 02 003c 0001 'a'"
        => "MQTT CONNECT, protocol name: unknown; expected MQTT [MQTT-3.1.2-1]",
        "closes";
    a_connect_of_nothing_is_told_nothing:
        "", "10 00"
        => "MQTT CONNECT, protocol name: the packet ends inside this field [section 4.13.1]",
        "closes";
    a_connect_without_a_level_is_told_nothing:
        "", "10 06 0004 'MQTT'"
        => "MQTT CONNECT, protocol level: the packet ends inside this field [section 4.13.1]",
        "closes";

    // Flags.
    the_reserved_flag_is_0_in_mqtt_3_1_1:
        "", "10 0d 0004 'MQTT' 04 03 003c 0001 'a'"
        => "MQTT 3.1.1 CONNECT, connect flags: bit 0 is set; expected 0, it is reserved [MQTT-3.1.2-3]",
        "closes";
    the_reserved_flag_is_0_in_mqtt_5:
        "", "10 0e 0004 'MQTT' 05 03 003c 00 0001 'a'"
        => "MQTT 5 CONNECT, connect flags: bit 0 is set; expected 0, it is reserved [MQTT-3.1.2-3]",
        "CONNACK 0x81";
    without_a_will_its_qos_is_0_in_mqtt_3_1_1:
        "", "10 0d 0004 'MQTT' 04 0a 003c 0001 'a'"
        => "MQTT 3.1.1 CONNECT, connect flags: a will QoS of 1 without a will; expected 0 [MQTT-3.1.2-13]",
        "closes";
    without_a_will_its_qos_is_0_in_mqtt_5:
        "", "10 0e 0004 'MQTT' 05 12 003c 00 0001 'a'"
        => "MQTT 5 CONNECT, connect flags: a will QoS of 2 without a will; expected 0 [MQTT-3.1.2-11]",
        "CONNACK 0x81";
    without_a_will_it_is_not_retained_in_mqtt_3_1_1:
        "", "10 0d 0004 'MQTT' 04 22 003c 0001 'a'"
        => "MQTT 3.1.1 CONNECT, connect flags: will retain without a will; expected 0 [MQTT-3.1.2-15]",
        "closes";
    without_a_will_it_is_not_retained_in_mqtt_5:
        "", "10 0e 0004 'MQTT' 05 22 003c 00 0001 'a'"
        => "MQTT 5 CONNECT, connect flags: will retain without a will; expected 0 [MQTT-3.1.2-13]",
        "CONNACK 0x81";
    a_will_has_no_qos_3_in_mqtt_3_1_1:
        "", "10 13 0004 'MQTT' 04 1e 003c 0001 'a' 0001 't' 0001 'm'"
        => "MQTT 3.1.1 CONNECT, connect flags: a will QoS of 3; expected 0 to 2 [MQTT-3.1.2-14]",
        "closes";
    a_will_has_no_qos_3_in_mqtt_5:
        "", "10 15 0004 'MQTT' 05 1e 003c 00 0001 'a' 00 0001 't' 0001 'm'"
        => "MQTT 5 CONNECT, connect flags: a will QoS of 3; expected 0 to 2 [MQTT-3.1.2-12]",
        "CONNACK 0x81";
    mqtt_3_1_1_has_no_password_without_a_user_name:
        "", "10 11 0004 'MQTT' 04 42 003c 0001 'a' 0002 'pw'"
        => "MQTT 3.1.1 CONNECT, connect flags: a password without a user name; expected both, or no password [MQTT-3.1.2-22]",
        "closes";

    // Client identifier.
    an_empty_client_identifier_needs_a_clean_session:
        "", "10 0c 0004 'MQTT' 04 00 003c 0000"
        => "MQTT 3.1.1 CONNECT, client identifier: empty, and the session is not clean; expected an identifier, or clean session 1 [MQTT-3.1.3-8]",
        "CONNACK 0x02";
    a_connect_without_a_client_identifier_is_refused:
        "", "10 0a 0004 'MQTT' 04 02 003c"
        => "MQTT 3.1.1 CONNECT, client identifier: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
    a_client_identifier_is_utf_8:
        "", "10 0e 0004 'MQTT' 04 02 003c 0002 c3 28"
        => "MQTT 3.1.1 CONNECT, client identifier: the text is not well-formed UTF-8 [MQTT-1.5.3-1]",
        "closes";
    a_client_identifier_has_no_surrogates:
        "", "10 10 0004 'MQTT' 05 02 003c 00 0003 eda080"
        => "MQTT 5 CONNECT, client identifier: the text is not well-formed UTF-8 [MQTT-1.5.4-1]",
        "CONNACK 0x81";
    a_client_identifier_has_no_null_character_in_mqtt_3_1_1:
        "", "10 0f 0004 'MQTT' 04 02 003c 0003 'a' 00 'b'"
        => "MQTT 3.1.1 CONNECT, client identifier: the text contains U+0000 [MQTT-1.5.3-2]",
        "closes";
    a_client_identifier_has_no_null_character_in_mqtt_5:
        "", "10 0e 0004 'MQTT' 05 02 003c 00 0001 00"
        => "MQTT 5 CONNECT, client identifier: the text contains U+0000 [MQTT-1.5.4-2]",
        "CONNACK 0x81";

    // Will and credentials.
    a_will_has_a_topic:
        "", "10 12 0004 'MQTT' 04 06 003c 0001 'a' 0000 0001 'm'"
        => "MQTT 3.1.1 CONNECT, will topic: empty; expected at least one character [MQTT-4.7.3-1]",
        "closes";
    the_topic_of_a_will_has_no_wildcard:
        "", "10 17 0004 'MQTT' 05 06 003c 00 0001 'a' 00 0003 't/#' 0001 'm'"
        => "MQTT 5 CONNECT, will topic: the topic name contains the wildcard # [MQTT-3.3.2-2]",
        "CONNACK 0x81";
    the_topic_of_a_will_is_utf_8:
        "", "10 13 0004 'MQTT' 04 06 003c 0001 'a' 0001 ff 0001 'm'"
        => "MQTT 3.1.1 CONNECT, will topic: the text is not well-formed UTF-8 [MQTT-1.5.3-1]",
        "closes";
    a_will_that_is_announced_has_to_come:
        "", "10 10 0004 'MQTT' 04 06 003c 0001 'a' 0001 't'"
        => "MQTT 3.1.1 CONNECT, will payload: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
    a_user_name_that_is_announced_has_to_come:
        "", "10 0d 0004 'MQTT' 04 82 003c 0001 'a'"
        => "MQTT 3.1.1 CONNECT, user name: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
    a_user_name_is_utf_8:
        "", "10 12 0004 'MQTT' 05 82 003c 00 0001 'a' 0002 c0 80"
        => "MQTT 5 CONNECT, user name: the text is not well-formed UTF-8 [MQTT-1.5.4-1]",
        "CONNACK 0x81";
    a_password_that_is_announced_has_to_come:
        "", "10 17 0004 'MQTT' 04 c2 003c 0001 'a' 0001 'u' 0009 'short'"
        => "MQTT 3.1.1 CONNECT, password: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
    a_user_name_that_is_not_announced_is_not_there:
        "", "10 10 0004 'MQTT' 04 02 003c 0001 'a' 0001 'u'"
        => "MQTT 3.1.1 CONNECT, payload: 3 bytes follow the last field; expected none [MQTT-4.8.0-1]",
        "closes";
    nothing_follows_the_last_field:
        "", "10 0f 0004 'MQTT' 05 02 003c 00 0001 'a' 00"
        => "MQTT 5 CONNECT, payload: 1 bytes follow the last field; expected none [section 4.13.1]",
        "CONNACK 0x81";
}
