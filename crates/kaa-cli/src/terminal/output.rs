//! Where lines go that come faster than somebody may read them.

use std::io::{self, Write};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

/// Writes texts one after the other, in a thread of its own: whoever has them waits for room without holding up the
/// connection they come from.
#[derive(Debug)]
pub(crate) struct Output {
    texts: mpsc::Sender<String>,
    thread: JoinHandle<io::Result<()>>,
}

impl Output {
    /// How many texts may wait.
    const QUEUE: usize = 64;

    pub(crate) fn to(mut target: impl Write + Send + 'static) -> Self {
        let (texts, mut waiting) = mpsc::channel::<String>(Self::QUEUE);
        let thread = thread::spawn(move || {
            while let Some(text) = waiting.blocking_recv() {
                target.write_all(text.as_bytes())?;
                // Somebody may be watching; what comes in one go is written in one go.
                if waiting.is_empty() {
                    target.flush()?;
                }
            }
            target.flush()
        });
        Self { texts, thread }
    }

    /// Hands over a text; `false` when nobody reads any more.
    pub(crate) async fn write(&self, text: String) -> bool {
        self.texts.send(text).await.is_ok()
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    ///
    /// What the system says when it could not be.
    pub(crate) fn finish(self) -> io::Result<()> {
        drop(self.texts);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes has panicked")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_who_left_is_noticed_and_the_reason_is_kept() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let output = Output::to(Gone);
        while output.write("x".to_owned()).await {}
        assert_eq!(output.finish().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
