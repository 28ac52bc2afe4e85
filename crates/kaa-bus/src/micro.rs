//! Names in the service API of NATS (ADR-32), by which services are looked for: `$SRV.PING.<name>`.

/// The name as the service API allows names: letters, digits, `_` and `-`. Anything else becomes `_`.
///
/// ```
/// assert_eq!(kaa_bus::micro::name("a~b/0"), "a_b_0");
/// ```
pub fn name(name: &str) -> String {
    let is_proper = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    name.chars().map(|c| if is_proper(c) { c } else { '_' }).collect()
}
