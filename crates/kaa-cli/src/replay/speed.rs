//! How fast.

use std::str::FromStr;
use std::time::Duration;

/// How much faster than it was recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    Times(f64),
    /// As fast as the answers come.
    Max,
}

impl Speed {
    /// When a message is due that was recorded at this time.
    pub(crate) fn due(self, recorded: Duration) -> Duration {
        match self {
            Self::Times(times) => {
                Duration::try_from_secs_f64(recorded.as_secs_f64() / times).unwrap_or(Duration::MAX)
            }
            Self::Max => Duration::ZERO,
        }
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times = text.parse().ok().filter(|times: &f64| times.is_finite() && *times > 0.0);
        times.map(Self::Times).ok_or_else(|| "expected a number above 0, such as 2 or 0.5, or max".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_divides_the_time_and_max_takes_none() {
        let due = |speed: &str| speed.parse::<Speed>().unwrap().due(Duration::from_secs(3));
        assert_eq!(due("2"), Duration::from_millis(1500));
        assert_eq!(due("0.5"), Duration::from_secs(6));
        assert_eq!(due("max"), Duration::ZERO);
        for wrong in ["0", "-1", "NaN", "inf", "fast"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }
}
