//! Where decisions come from.

/// A seeded generator of numbers (SplitMix64): the same seed, the same numbers, on every machine.
///
/// ```
/// use kaa_bus::faults::Dice;
///
/// let (mut one, mut other) = (Dice::new(7), Dice::new(7));
/// assert_eq!(one.below(6), other.below(6));
/// ```
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// A generator; nothing is known of how the numbers of two seeds differ, only that they do.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number from 0 to `limit` - 1; 0 when `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.roll().checked_rem(limit).unwrap_or_default()
    }

    /// Whether a thing happens that happens once in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Whether a thing happens that happens `chance` times in 10,000. Draws nothing when it never does.
    pub fn happens(&mut self, chance: u32) -> bool {
        chance > 0 && self.below(10_000) < u64::from(chance)
    }

    /// Another generator, whose numbers do not depend on how many this one still draws.
    pub const fn fork(&mut self) -> Self {
        Self(self.roll())
    }
}

/// Spreads the bits of a number.
pub(super) const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_sequence() {
        let draw = |seed| {
            let mut dice = Dice::new(seed);
            [dice.roll(), dice.roll(), dice.roll()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        // The first numbers of the published generator for seed 0.
        assert_eq!(draw(0)[..2], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }

    #[test]
    fn chances_are_what_they_say() {
        let mut dice = Dice::new(3);
        let hits = (0..100_000).filter(|_| dice.happens(2_500)).count();
        assert!((24_000..26_000).contains(&hits), "{hits}");
        assert!(!(0..1000).any(|_| dice.happens(0)));
        assert!((0..1000).all(|_| dice.happens(10_000)));
        assert_eq!(dice.below(0), 0);
    }
}
