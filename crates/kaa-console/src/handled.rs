//! Which messages they were that a replica says it has handled.

use std::collections::HashMap;

use kaa_tap::Said;

use crate::room::Room;
use crate::stages::Handled;

/// Adds to exchanges who has handled them, and where their time went. What may have been one or another is left out.
pub(crate) fn show(room: &Room, said: &Said, handled: &[Handled]) {
    let mut by_correlation: HashMap<_, Vec<_>> = HashMap::new();
    for handled in handled.iter().filter(|handled| !handled.correlation_id.is_empty()) {
        by_correlation.entry(handled.correlation_id.as_str()).or_default().push(handled);
    }
    if by_correlation.is_empty() {
        return;
    }
    let found = room.collect(|exchange| {
        let handled = by_correlation.get(exchange.correlation_id.as_str())?.iter().copied();
        Some(handled.filter(|handled| exchange.may_be(said, handled)).collect::<Vec<_>>())
    });
    let mut exchanges: HashMap<u64, usize> = HashMap::new();
    for handled in found.iter().flat_map(|(_, handled)| handled) {
        *exchanges.entry(handled.n).or_default() += 1;
    }
    for (id, mut handled) in found {
        handled.retain(|handled| exchanges.get(&handled.n) == Some(&1));
        let mut functions: HashMap<&str, usize> = HashMap::new();
        for handled in &handled {
            *functions.entry(&handled.function).or_default() += 1;
        }
        handled.retain(|handled| functions.get(&*handled.function) == Some(&1));
        if !handled.is_empty() {
            room.change(id, 0, |exchange| handled.iter().for_each(|handled| exchange.handle(said, handled)));
        }
    }
}
