//! Files side by side, results in order.
//!
//! Workers take the next file as they get free, but never run further ahead of the output than a
//! few files, so that memory stays bounded whatever the sizes are. Where the system starts no more
//! threads (`ulimit -u`, a control group), there are fewer workers, down to the caller alone.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

struct Progress {
    next: usize,
    emitted: usize,
}

/// Does `work` on 0, 1, … up to `count` in `threads` threads, and hands the results to `emit` in
/// that order. An error of `emit` ends the work.
///
/// # Errors
/// Those of `emit`.
pub fn in_order<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
    mut emit: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    if threads <= 1 || count <= 1 {
        return alone(count, work, emit);
    }
    let ahead = threads * 2;
    let progress = Mutex::new(Progress {
        next: 0,
        emitted: 0,
    });
    let moved = Condvar::new();
    let take = || {
        let mut at = progress.lock().unwrap_or_else(PoisonError::into_inner);
        while at.next < count && at.next >= at.emitted + ahead {
            at = moved.wait(at).unwrap_or_else(PoisonError::into_inner);
        }
        at.next += 1;
        Some(at.next - 1).filter(|n| *n < count)
    };
    let advance = |next: Option<usize>| {
        let mut at = progress.lock().unwrap_or_else(PoisonError::into_inner);
        at.emitted += 1;
        at.next = next.unwrap_or(at.next);
        moved.notify_all();
    };
    thread::scope(|scope| {
        let (done, results) = mpsc::channel();
        let start = |_| {
            let (done, take, work) = (done.clone(), &take, &work);
            let worker = move || {
                while let Some(n) = take() {
                    if done.send((n, work(n))).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new().spawn_scoped(scope, worker).ok()
        };
        if (0..threads.min(count)).map_while(start).count() == 0 {
            return alone(count, &work, &mut emit);
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for (n, result) in results {
            waiting.insert(n, result);
            while let Some(result) = waiting.remove(&next) {
                next += 1;
                if let Err(e) = emit(result) {
                    advance(Some(count));
                    return Err(e);
                }
                advance(None);
            }
        }
        Ok(())
    })
}

/// The same, all in the caller's own thread.
fn alone<T>(
    count: usize,
    work: impl Fn(usize) -> T,
    mut emit: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    (0..count).try_for_each(|n| emit(work(n)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_an_error_ends_the_work() {
        let mut seen = Vec::new();
        in_order(
            100,
            4,
            |n| n * 2,
            |n| {
                seen.push(n);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(seen, (0..100).map(|n| n * 2).collect::<Vec<_>>());
        let stopped = in_order(
            100,
            4,
            |n| n,
            |n| {
                if n == 7 {
                    anyhow::bail!("enough")
                } else {
                    Ok(())
                }
            },
        );
        assert_eq!(stopped.unwrap_err().to_string(), "enough");
    }
}
