//! How far a bulk loop is, shown while it goes on.
//!
//! On a terminal it is a bar, elsewhere a line every few seconds, and nothing
//! where only data and errors are wanted. A thread of its own looks at the
//! numbers; the rows are not kept waiting for it.

mod progress_view;
mod speed;

use std::io::IsTerminal as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::command::Terminal;
use crate::script::Begun;
use progress_view::ProgressView;
use speed::Speed;

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);
/// How often a line is printed where there is no bar.
const LINE: Duration = Duration::from_secs(5);

/// Watches a bulk loop until it is dropped.
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Shows how far that bulk loop is, if anybody wants to know.
    pub fn start(begun: &Begun, terminal: Terminal) -> Option<Self> {
        if terminal.quiet {
            return None;
        }
        if !std::io::stderr().is_terminal() {
            let show = move |view: &ProgressView| terminal.note(&view.line());
            return Self::every(LINE, begun, show);
        }
        let bar = terminal.bar(begun.total);
        let show = move |view: &ProgressView| bar.set(view.ended, &view.line_of_bar());
        Self::every(TICK, begun, show)
    }

    /// Looks that often; gives nothing where no thread is to be had.
    fn every(
        interval: Duration,
        begun: &Begun,
        mut show: impl FnMut(&ProgressView) + Send + 'static,
    ) -> Option<Self> {
        let (stop, stopped) = channel();
        let (progress, total) = (begun.progress.clone(), begun.total);
        let mut speed = Speed::default();
        let watch = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                speed.note(progress.elapsed(), progress.ended());
                show(&ProgressView {
                    ended: progress.ended(),
                    total,
                    failed: progress.failed(),
                    in_doubt: progress.in_doubt(),
                    rate: speed.rate(),
                    at_work: progress.in_hand(),
                });
            }
        };
        let thread = Builder::new().name("progress".into()).spawn(watch).ok()?;
        Some(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It only shows things; the run goes on without it.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_looked_at_again_and_again_until_it_ends() {
        let begun = Begun {
            place: None,
            number: 1,
            key: None,
            columns: Vec::new(),
            secret: std::collections::BTreeSet::new(),
            total: Some(3),
            progress: std::sync::Arc::default(),
        };
        let (shown, lines) = channel();
        let show = move |view: &ProgressView| shown.send(view.line()).unwrap_or_default();
        let watch = Watch::every(Duration::from_millis(1), &begun, show).unwrap();
        assert_eq!(lines.recv().unwrap(), "0 of 3 rows");
        assert_eq!(lines.recv().unwrap(), "0 of 3 rows");
        drop(watch);
        assert_eq!(lines.iter().filter(|line| line != "0 of 3 rows").count(), 0);
    }
}
