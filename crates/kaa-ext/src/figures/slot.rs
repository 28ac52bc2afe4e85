//! Which statuses are counted one by one: those that extensions use. The others are counted by class.

macro_rules! slots {
    ($($code:literal)*) => {
        /// What each slot counts.
        pub(crate) const NAMES: [&str; SLOTS] = [$(stringify!($code),)* "2xx", "4xx", "5xx", "other"];

        const CODES: [u16; SLOTS - 4] = [$($code),*];

        /// How many there are.
        pub(crate) const SLOTS: usize = 4 $(+ { let _ = $code; 1 })*;
    };
}

slots! {
    200 201 202 204
    400 401 403 404 405 408 409 410 412 413 415 422 429
    500 501 502 503 504 507
}

/// The slot of every code, from 0 to 599.
const TABLE: [u8; 600] = table();

#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated by the compiler")]
const fn table() -> [u8; 600] {
    let classes = CODES.len();
    let mut table = [0; 600];
    let mut code = 0;
    while code < table.len() {
        table[code] = match code / 100 {
            2 => classes,
            4 => classes + 1,
            5 => classes + 2,
            _ => classes + 3,
        } as u8;
        code += 1;
    }
    let mut slot = 0;
    while slot < CODES.len() {
        table[CODES[slot] as usize] = slot as u8;
        slot += 1;
    }
    table
}

/// Where a status is counted.
pub(crate) fn slot(code: u16) -> usize {
    TABLE.get(usize::from(code)).map_or(SLOTS - 1, |slot| usize::from(*slot))
}

/// Whether a slot counts errors.
pub(crate) fn is_error(slot: usize) -> bool {
    NAMES.get(slot).is_some_and(|name| name.starts_with(['4', '5']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_slot_of_its_own_or_of_its_class() {
        for code in 0..=u16::MAX {
            let name = NAMES[slot(code)];
            match code {
                _ if CODES.contains(&code) => assert_eq!(name, code.to_string()),
                200..=299 => assert_eq!(name, "2xx"),
                400..=499 => assert_eq!(name, "4xx"),
                500..=599 => assert_eq!(name, "5xx"),
                _ => assert_eq!(name, "other"),
            }
            assert_eq!(is_error(slot(code)), (400..600).contains(&code), "{code}");
        }
    }
}
