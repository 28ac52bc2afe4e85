//! Notes to ourselves: behind them, everything has arrived that the server had to say before.

use bytes::Bytes;
use kaa_protocol::subject::Subject;

/// How this replica marks its notes, so that nobody else can write one.
#[derive(Debug)]
pub(super) struct Notes {
    mark: String,
}

impl Notes {
    /// Its first byte is a text of negative length: no message begins with it.
    const START: &str = "\u{1}note ";

    /// The notes with a random mark.
    pub(super) fn new(random: u64) -> Self {
        Self { mark: format!("{}{random:016x} ", Self::START) }
    }

    /// A note about a return path.
    pub(super) fn write(&self, return_path: &Subject) -> Bytes {
        format!("{}{return_path}", self.mark).into()
    }

    /// The return path a note of ours is about.
    pub(super) fn read(&self, payload: &[u8]) -> Option<Subject> {
        // For every message, and without a call: what all marks have in common is known to the compiler.
        if !payload.starts_with(Self::START.as_bytes()) {
            return None;
        }
        let return_path = payload.strip_prefix(self.mark.as_bytes())?;
        std::str::from_utf8(return_path).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_wrote_a_note_takes_it_for_one() {
        let (ours, theirs) = (Notes::new(1), Notes::new(2));
        let return_path: Subject = "kaa.v1.replica.kpc-0.esp.ExtensionData".parse().unwrap();
        let note = ours.write(&return_path);
        assert_eq!(ours.read(&note), Some(return_path));
        assert_eq!(theirs.read(&note), None);
        assert_eq!(ours.read(b"kaa.v1.replica.kpc-0.esp.ExtensionData"), None);
    }
}
