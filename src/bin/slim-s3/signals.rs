//! Ctrl-C, SIGTERM and SIGHUP: the first one lets the command clean up, the second one ends it at once.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::failure::Failure;
use crate::output::Output;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// `kill`.
    Terminate,
    /// The terminal was closed.
    HangUp,
}

/// A command, or a part of one. Boxed: the code that waits for it is in the binary once.
pub type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + 'a>>;

/// How long a command has to end by itself.
const MOMENT: Duration = Duration::from_millis(500);

/// Completes when the first signal arrives.
#[derive(Clone)]
pub struct Interrupt(watch::Receiver<Option<Signal>>);

impl Interrupt {
    /// Listens from when this returns, on a thread of its own: the second signal also ends a command that waits for a pipe. So
    /// does the first one after a moment, unless the command `cleans_up`.
    pub fn listen(cleans_up: bool, output: Output) -> Interrupt {
        let (sender, receiver) = watch::channel(None);
        // If this fails, the system's own way to end a process stays in force.
        let Ok(runtime) = crate::runtime() else {
            return Interrupt(receiver);
        };
        let signals = {
            let _entered = runtime.enter();
            Signals::new()
        };
        if let Ok(mut signals) = signals {
            std::thread::spawn(move || {
                runtime.block_on(async {
                    let first = signals.next().await;
                    let _ = sender.send(Some(first));
                    let last = if cleans_up {
                        output.stopping();
                        signals.next().await
                    } else {
                        tokio::time::sleep(MOMENT).await;
                        first
                    };
                    std::process::exit(crate::exit_code::of_signal(last).into());
                });
            });
        }
        Interrupt(receiver)
    }

    /// Waits for the first signal.
    pub async fn signal(mut self) -> Signal {
        loop {
            if let Some(signal) = *self.0.borrow_and_update() {
                return signal;
            }
            if self.0.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Runs a command to its end, or drops it when a signal arrives.
    pub async fn or<T>(&self, command: Running<'_, T>) -> Result<T, Failure> {
        let signal = pin!(self.clone().signal());
        match select(command, signal).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right((signal, _)) => Err(Failure::Interrupted {
                signal,
                left: String::new(),
            }),
        }
    }

    /// The signal that has arrived, if one has.
    pub fn received(&self) -> Option<Signal> {
        *self.0.borrow()
    }
}

#[cfg(unix)]
struct Signals(Vec<(Signal, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    /// Signals that whoever started the process has set to be ignored stay ignored: SIGHUP by `nohup`, SIGINT by a shell that runs
    /// it in the background.
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let ignored = ignored();
        let mut listening = Vec::new();
        for (name, kind) in [
            (Signal::Interrupt, SignalKind::interrupt()),
            (Signal::Terminate, SignalKind::terminate()),
            (Signal::HangUp, SignalKind::hangup()),
        ] {
            let bit = 1 << (kind.as_raw_value() - 1);
            if ignored & bit == 0 {
                listening.push((name, signal(kind)?));
            }
        }
        Ok(Signals(listening))
    }

    async fn next(&mut self) -> Signal {
        std::future::poll_fn(|cx| {
            for (name, signal) in &mut self.0 {
                if signal.poll_recv(cx).is_ready() {
                    return Poll::Ready(*name);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// The set of ignored signals, as Linux shows it: bit 0 is signal 1. Other systems show it to unsafe code only.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
