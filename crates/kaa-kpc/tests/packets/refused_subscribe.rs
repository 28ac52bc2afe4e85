//! SUBSCRIBE and UNSUBSCRIBE packets that are refused.

use crate::{CONNECT_V5, CONNECT_V311, refused};

refused! {
    a_subscribe_has_a_filter_in_mqtt_3_1_1:
        CONNECT_V311, "82 02 0001"
        => "MQTT 3.1.1 SUBSCRIBE, topic filter: no topic filter; expected at least one [MQTT-3.8.3-3]",
        "closes";
    a_subscribe_has_a_filter_in_mqtt_5:
        CONNECT_V5, "82 03 0001 00"
        => "MQTT 5 SUBSCRIBE, topic filter: no topic filter; expected at least one [MQTT-3.8.3-2]",
        "DISCONNECT 0x82";
    the_identifier_of_subscribe_is_not_0:
        CONNECT_V311, "82 06 0000 0001 't' 00"
        => "MQTT 3.1.1 SUBSCRIBE, packet identifier: 0; expected 1 to 65535 [MQTT-2.3.1-1]",
        "closes";
    a_filter_has_options:
        CONNECT_V311, "82 05 0001 0001 't'"
        => "MQTT 3.1.1 SUBSCRIBE, subscription options: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
    a_second_filter_is_judged_like_the_first:
        CONNECT_V311, "82 0a 0001 0001 't' 00 0001 'u' 03"
        => "MQTT 3.1.1 SUBSCRIBE, subscription options: a requested QoS of 3; expected 0 to 2 [MQTT-3-8.3-4]",
        "closes";
    a_filter_is_not_empty:
        CONNECT_V5, "82 06 0001 00 0000 00"
        => "MQTT 5 SUBSCRIBE, topic filter: empty; expected at least one character [MQTT-4.7.3-1]",
        "DISCONNECT 0x82";
    a_filter_is_utf_8:
        CONNECT_V311, "82 06 0001 0001 ff 00"
        => "MQTT 3.1.1 SUBSCRIBE, topic filter: the text is not well-formed UTF-8 [MQTT-1.5.3-1]",
        "closes";
    a_filter_has_no_null_character:
        CONNECT_V5, "82 07 0001 00 0001 00 00"
        => "MQTT 5 SUBSCRIBE, topic filter: the text contains U+0000 [MQTT-1.5.4-2]",
        "DISCONNECT 0x81";
    the_multi_level_wildcard_is_last_in_mqtt_3_1_1:
        CONNECT_V311, "82 0a 0001 0005 'a/#/b' 00"
        => "MQTT 3.1.1 SUBSCRIBE, topic filter: # is neither alone in its level nor the last character; expected both [MQTT-4.7.1-2]",
        "closes";
    the_multi_level_wildcard_is_alone_in_mqtt_5:
        CONNECT_V5, "82 08 0001 00 0002 'a#' 00"
        => "MQTT 5 SUBSCRIBE, topic filter: # is neither alone in its level nor the last character; expected both [MQTT-4.7.1-1]",
        "DISCONNECT 0x81";
    the_single_level_wildcard_is_alone_in_mqtt_3_1_1:
        CONNECT_V311, "82 07 0001 0002 '+a' 00"
        => "MQTT 3.1.1 SUBSCRIBE, topic filter: + is not alone in its level [MQTT-4.7.1-3]",
        "closes";
    the_single_level_wildcard_is_alone_in_mqtt_5:
        CONNECT_V5, "82 0a 0001 00 0004 'a/b+' 00"
        => "MQTT 5 SUBSCRIBE, topic filter: + is not alone in its level [MQTT-4.7.1-2]",
        "DISCONNECT 0x81";
    qos_3_cannot_be_requested_in_mqtt_5:
        CONNECT_V5, "82 07 0001 00 0001 't' 03"
        => "MQTT 5 SUBSCRIBE, subscription options: a requested QoS of 3; expected 0 to 2 [section 3.8.3.1]",
        "DISCONNECT 0x82";
    mqtt_3_1_1_has_no_options_but_qos:
        CONNECT_V311, "82 06 0001 0001 't' 04"
        => "MQTT 3.1.1 SUBSCRIBE, subscription options: the options 0b00000100 have a reserved bit; expected 0 [MQTT-3-8.3-4]",
        "closes";
    the_reserved_options_are_0_in_mqtt_5:
        CONNECT_V5, "82 07 0001 00 0001 't' 41"
        => "MQTT 5 SUBSCRIBE, subscription options: the options 0b01000001 have a reserved bit; expected 0 [MQTT-3.8.3-5]",
        "DISCONNECT 0x81";
    a_retain_handling_of_3_does_not_exist:
        CONNECT_V5, "82 07 0001 00 0001 't' 31"
        => "MQTT 5 SUBSCRIBE, subscription options: a retain handling of 3; expected 0 to 2 [section 3.8.3.1]",
        "DISCONNECT 0x82";
    a_shared_subscription_is_not_without_its_own_messages:
        CONNECT_V5, "82 10 0001 00 000a '$share/g/t' 04"
        => "MQTT 5 SUBSCRIBE, subscription options: no local on a shared subscription; expected 0 [MQTT-3.8.3-4]",
        "DISCONNECT 0x82";
    a_share_has_a_name:
        CONNECT_V5, "82 0f 0001 00 0009 '$share//t' 00"
        => "MQTT 5 SUBSCRIBE, topic filter: a shared subscription without a share name; expected $share/name/filter [MQTT-4.8.2-1]",
        "DISCONNECT 0x81";
    a_share_name_has_no_wildcard:
        CONNECT_V5, "82 10 0001 00 000a '$share/+/t' 00"
        => "MQTT 5 SUBSCRIBE, topic filter: a share name with a wildcard [MQTT-4.8.2-2]",
        "DISCONNECT 0x81";
    a_share_has_a_filter:
        CONNECT_V5, "82 0e 0001 00 0008 '$share/g' 00"
        => "MQTT 5 SUBSCRIBE, topic filter: a shared subscription without a filter; expected $share/name/filter [MQTT-4.8.2-2]",
        "DISCONNECT 0x81";
    a_subscription_identifier_is_not_0:
        CONNECT_V5, "82 09 0001 02 0b 00 0001 't' 00"
        => "MQTT 5 SUBSCRIBE, subscription identifier: 0; expected more [section 3.8.2.1]",
        "DISCONNECT 0x82";
    there_is_one_subscription_identifier:
        CONNECT_V5, "82 0b 0001 04 0b 01 0b 01 0001 't' 00"
        => "MQTT 5 SUBSCRIBE, subscription identifier: sent twice; expected once [section 3.8.2.1]",
        "DISCONNECT 0x82";
    an_unsubscribe_has_a_filter_in_mqtt_3_1_1:
        CONNECT_V311, "a2 02 0001"
        => "MQTT 3.1.1 UNSUBSCRIBE, topic filter: no topic filter; expected at least one [MQTT-3.10.3-2]",
        "closes";
    an_unsubscribe_has_a_filter_in_mqtt_5:
        CONNECT_V5, "a2 03 0001 00"
        => "MQTT 5 UNSUBSCRIBE, topic filter: no topic filter; expected at least one [MQTT-3.10.3-2]",
        "DISCONNECT 0x82";
    the_identifier_of_unsubscribe_is_not_0:
        CONNECT_V5, "a2 06 0000 00 0001 't'"
        => "MQTT 5 UNSUBSCRIBE, packet identifier: 0; expected 1 to 65535 [MQTT-2.2.1-3]",
        "DISCONNECT 0x82";
    the_filter_of_an_unsubscribe_is_a_filter:
        CONNECT_V311, "a2 0b 0001 0001 't' 0004 'a/#b'"
        => "MQTT 3.1.1 UNSUBSCRIBE, topic filter: # is neither alone in its level nor the last character; expected both [MQTT-4.7.1-2]",
        "closes";
    an_unsubscribe_has_no_options:
        CONNECT_V311, "a2 06 0001 0001 't' 00"
        => "MQTT 3.1.1 UNSUBSCRIBE, topic filter: the packet ends inside this field [MQTT-4.8.0-1]",
        "closes";
}
