//! The crew: threads that measure batches, and give them back in order.
//!
//! With one thread there is no crew to speak of: the batch is measured where it stands. With more,
//! whoever is free takes the next batch; what comes back early waits for its turn. How much is
//! under way is bounded by the giver, who asks [`Crew::is_busy`]. Where the system starts no more
//! threads (`ulimit -u`, a control group), there are fewer hands, down to the caller's own.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use super::batch::{Batch, Done, Late};
use super::meter::Meter;
use crate::record::Skip;
use crate::stream::extended;
use crate::token::Encoding;

/// Batches on their way, and who carries them.
pub(super) struct Crew {
    hands: Hands,
    /// Batches that came back before their turn.
    early: BTreeMap<u64, Done>,
    given: u64,
    taken: u64,
    most: u64,
}

enum Hands {
    Alone(Box<Meter>),
    Many {
        queue: Sender<(u64, Batch)>,
        back: Receiver<Option<Done>>,
    },
}

impl Crew {
    pub(super) fn new(encoding: &'static Encoding, threads: NonZeroUsize) -> Crew {
        let long = Arc::new(Mutex::new(()));
        let (queue, waiting) = channel();
        let (done, back) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let start = |_| {
            let meter = Meter::new(encoding, Arc::clone(&long));
            let (waiting, done) = (Arc::clone(&waiting), done.clone());
            let hand = move || work(meter, &waiting, &Alarm(done));
            std::thread::Builder::new().spawn(hand).ok()
        };
        let more = if threads.get() > 1 { threads.get() } else { 0 };
        let started = (0..more).map_while(start).count();
        let hands = match started {
            0 => Hands::Alone(Box::new(Meter::new(encoding, long))),
            _ => Hands::Many { queue, back },
        };
        Crew {
            hands,
            early: BTreeMap::new(),
            given: 0,
            taken: 0,
            most: 2 * started.max(1) as u64 + 2,
        }
    }

    /// Hands a batch over.
    pub(super) fn give(&mut self, batch: Batch) -> Result<()> {
        match &mut self.hands {
            Hands::Alone(meter) => drop(
                self.early
                    .insert(self.given, measure(meter, self.given, &batch)),
            ),
            Hands::Many { queue, .. } => {
                queue
                    .send((self.given, batch))
                    .map_err(|_| anyhow::anyhow!("all threads have ended"))?;
            }
        }
        self.given += 1;
        Ok(())
    }

    /// Whether so much is under way that some of it should be waited for.
    pub(super) fn is_busy(&self) -> bool {
        self.given - self.taken > self.most
    }

    /// Returns the next batch in order, if it has come back, or if `wait` when it does; `None`
    /// where none is under way.
    pub(super) fn next(&mut self, wait: bool) -> Result<Option<Done>> {
        loop {
            if let Some(done) = self.early.remove(&self.taken) {
                self.taken += 1;
                return Ok(Some(done));
            }
            let Hands::Many { back, .. } = &self.hands else {
                return Ok(None);
            };
            if self.given == self.taken {
                return Ok(None);
            }
            let came = if wait {
                back.recv().context("all threads have ended")?
            } else {
                let Ok(came) = back.try_recv() else {
                    return Ok(None);
                };
                came
            };
            let Some(done) = came else {
                bail!("a thread has died while it measured")
            };
            self.early.insert(done.number, done);
        }
    }
}

/// What one thread does until the queue is closed.
fn work(mut meter: Meter, waiting: &Mutex<Receiver<(u64, Batch)>>, done: &Alarm) {
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok((number, batch)) = next else { return };
        if done
            .0
            .send(Some(measure(&mut meter, number, &batch)))
            .is_err()
        {
            return;
        }
    }
}

/// Tells when its thread dies: nobody would ever get the batch it held.
struct Alarm(Sender<Option<Done>>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.send(None);
        }
    }
}

fn measure(meter: &mut Meter, number: u64, batch: &Batch) -> Done {
    let mut done = Done {
        number,
        lines: Vec::with_capacity(batch.bytes() * 5 / 4),
        ..Done::default()
    };
    for (line, work) in batch.iter() {
        let at = done.lines.len();
        let Some(work) = work else {
            done.lines.extend_from_slice(line.as_bytes());
            done.lines.push(b'\n');
            continue;
        };
        let (measured, failed) = meter.measure(work);
        if let Some(why) = failed {
            let file = work.span.file.as_ref().unwrap_or(&work.origin.file).clone();
            let skip = Skip {
                file,
                line: work.span.line,
                why,
            };
            done.late.push(Late {
                at,
                line: line.to_owned(),
                measured,
                key: work.key,
                skip,
            });
            continue;
        }
        if extended(line, &measured, &mut done.lines).is_err() {
            // Cannot be: the line was parsed. It goes on as it was.
            done.lines.truncate(at);
            done.lines.extend_from_slice(line.as_bytes());
        }
        done.lines.push(b'\n');
        if let Some(key) = work.key {
            done.learned.push((
                at,
                key,
                work.known.clone().unwrap_or_else(|| Arc::new(measured)),
            ));
        }
    }
    done
}
