//! What is known of entries beyond their types: what they mean, and their other names.

use std::marker::PhantomData;

/// A struct whose fields are entries of a configuration, with the documentation comments of the fields as
/// their meaning. Derived:
///
/// ```
/// use std::time::Duration;
///
/// use kaa_process::config::{Settings, duration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Settings)]
/// #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
/// struct Heating {
///     /// The rooms that are heated.
///     rooms: Vec<String>,
///     /// How long it rests after a failure.
///     #[serde(with = "duration")]
///     #[setting(variable = "HEATING_PAUSE")]
///     pause: Duration,
/// }
/// #
/// # impl Default for Heating {
/// #     fn default() -> Self {
/// #         Self { rooms: Vec::new(), pause: Duration::ZERO }
/// #     }
/// # }
/// ```
///
/// Which entries there are is not told by this: serde says that. A field whose type derives `Settings` has
/// entries below it. `#[setting(variable = "…", flag = "--…")]` gives an entry a second name in these layers.
pub trait Settings {
    /// The fields, in their order.
    const ENTRIES: &'static [Entry];
}

/// What is known of one field.
#[derive(Debug)]
pub struct Entry {
    /// Its name in Rust; hyphens and underscores count as the same.
    pub name: &'static str,
    /// What it means: the first paragraph of its documentation, on one line.
    pub doc: &'static str,
    /// Another name for its variable.
    pub variable: Option<&'static str>,
    /// Another name for its flag, with dashes.
    pub flag: Option<&'static str>,
    /// The entries below it.
    pub below: fn() -> &'static [Entry],
}

impl Settings for () {
    const ENTRIES: &'static [Entry] = &[];
}

impl<T: Settings> Settings for Option<T> {
    const ENTRIES: &'static [Entry] = T::ENTRIES;
}

/// What is known of the entry at a key.
pub(super) fn find(entries: &'static [Entry], key: &[&str]) -> Option<&'static Entry> {
    let (first, rest) = key.split_first()?;
    let entry = entries.iter().find(|entry| entry.name.replace('_', "-") == first.replace('_', "-"))?;
    if rest.is_empty() { Some(entry) } else { find((entry.below)(), rest) }
}

/// The entries of a type, if it has any: the derived code asks this of every field, whatever its type.
///
/// For a type with [`Settings`] the inherent function is there and goes first; for all others that of
/// [`Otherwise`].
#[derive(Debug)]
pub struct Of<T>(PhantomData<T>);

impl<T: Settings> Of<T> {
    /// Its entries.
    pub fn entries() -> &'static [Entry] {
        T::ENTRIES
    }
}

/// Types without entries.
pub trait Otherwise {
    /// None.
    fn entries() -> &'static [Entry] {
        &[]
    }
}

impl<T> Otherwise for Of<T> {}
