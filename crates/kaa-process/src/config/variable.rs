//! The layers above the file: tables of names and entries.

use std::ffi::OsStr;

use super::ConfigError;

/// The variable that names the configuration file.
pub const FILE: &str = "KAA_CONFIG";

/// One variable of the environment or one flag: its name, what it may be, and where its value goes.
#[derive(Debug)]
pub struct Variable<C> {
    /// The name, such as `NATS_URLS`, or `--nats` with the dashes.
    pub name: &'static str,
    /// What the value may be, for whoever wrote something else: `a duration such as 250ms, 30s or 5m`.
    pub expected: &'static str,
    /// Puts the text into its entry; `None` when it is not what is expected. The error quotes the text, so
    /// this does not fail for a [`Secret`](super::Secret).
    pub set: fn(&mut C, &str) -> Option<()>,
}

/// Puts every variable that `value` knows into its entry, in the order of the table.
///
/// # Errors
///
/// [`ConfigError::Variable`], naming the variable or flag, its value, and what it may be.
pub fn apply<C>(
    config: &mut C,
    table: &[Variable<C>],
    value: impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for &Variable { name, expected, set } in table {
        if let Some(value) = value(name)
            && set(config, &value).is_none()
        {
            return Err(ConfigError::Variable { name, value, expected });
        }
    }
    Ok(())
}

/// The variable of the environment of this process, unless it is not set or set to nothing: that is how
/// container descriptions leave one out.
pub fn environment(variable: &str) -> Option<String> {
    text(&std::env::var_os(variable)?)
}

fn text(value: &OsStr) -> Option<String> {
    // What is not text is not passed over: it shows up, mangled, in the error about it.
    Some(value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
}

/// Puts a value into an entry: the last word of a line of a table.
#[allow(clippy::unnecessary_wraps, reason = "what comes before it in the line may fail")]
pub fn set<T>(entry: &mut T, value: impl Into<T>) -> Option<()> {
    *entry = value.into();
    Some(())
}

/// What stands between commas.
pub fn listed(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Variable<Option<u8>>] = &[
        Variable { name: "LEVEL", expected: "a number", set: |c, text| set(c, text.parse::<u8>().ok()?) },
        Variable { name: "--level", expected: "a number", set: |c, text| set(c, text.parse::<u8>().ok()?) },
    ];

    fn with(wanted: &str, value: &str) -> Result<Option<u8>, ConfigError> {
        let mut config = None;
        apply(&mut config, TABLE, |name| (name == wanted).then(|| value.to_owned())).map(|()| config)
    }

    #[test]
    fn a_value_goes_into_its_entry() {
        assert_eq!(with("LEVEL", "7").unwrap(), Some(7));
        assert_eq!(with("NOISE", "7").unwrap(), None);
    }

    #[test]
    fn a_wrong_value_is_named_as_the_variable_or_the_flag_it_is() {
        for (name, text) in [
            ("LEVEL", "environment variable LEVEL=\"hi\\u{1b}\" is not valid: expected a number"),
            ("--level", "flag --level=\"hi\\u{1b}\" is not valid: expected a number"),
        ] {
            assert_eq!(with(name, "hi\u{1b}").unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn the_environment_of_this_process_is_read() {
        assert!(environment("PATH").is_some_and(|path| !path.is_empty()));
        assert_eq!(environment("KAA_PROCESS_NOT_SET"), None);
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_set() {
        assert_eq!(text(OsStr::new("")), None);
        assert_eq!(text(OsStr::new(" ")).as_deref(), Some(" "));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_text_is_not_passed_over() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(text(OsStr::from_bytes(b"a\xff")).as_deref(), Some("a\u{fffd}"));
    }

    #[test]
    fn a_list_has_what_stands_between_commas() {
        assert_eq!(listed(" a, b ,,c"), ["a", "b", "c"]);
        assert!(listed(" , ").is_empty());
    }
}
