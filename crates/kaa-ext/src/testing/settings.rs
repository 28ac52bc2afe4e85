//! Settings as an operator would set them.

use kaa_process::config::{ConfigError, Layers, Program, Settings};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::Config;

/// The settings of a program of this name in an environment of these variables.
///
/// ```
/// use kaa_ext::Settings;
/// use kaa_ext::testing::settings;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Default, Serialize, Deserialize, Settings)]
/// #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
/// struct Heating {
///     /// The rooms that are heated.
///     rooms: Vec<String>,
/// }
///
/// let heating: Heating = settings("heating", &[("HEATING_ROOMS", "kitchen, bath")])?;
/// assert_eq!(heating.rooms, ["kitchen", "bath"]);
/// # Ok::<(), kaa_ext::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError`], naming the variable.
pub fn settings<E: Settings + Default + Serialize + DeserializeOwned>(
    program: &str,
    variables: &[(&str, &str)],
) -> Result<E, ConfigError> {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let layers = Layers::<Config<E>>::new(Program::new(program, "", ""), environment.collect(), [])?;
    Ok(layers.load()?.config.extension)
}
