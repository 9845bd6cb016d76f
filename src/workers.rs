//! A pool of worker threads whose results come back in the order of their jobs.
//!
//! Any free worker takes the next job; a result that is ready early waits until all results before
//! it have been returned. The caller bounds the number of jobs under way: when [`Workers::is_full`]
//! it waits for a result before it gives another job. So memory stays bounded, whatever the sizes
//! of the jobs are.
//!
//! With one thread there are no workers: the caller's thread does each job at once. Where the
//! system starts no more threads (`ulimit -u`, a control group), there are fewer workers, down to
//! the caller's thread alone. The results are the same for any number of threads.
//!
//! This module does not know what a job is.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, panicking};

use anyhow::{Context, Result, anyhow, bail};

/// The threads, the jobs under way, and the results that wait for their turn. `J` is a job, `R`
/// its result.
pub struct Workers<'w, J, R> {
    place: WorkPlace<'w, J, R>,
    /// Results that are ready, by the number of their job.
    ready: BTreeMap<u64, R>,
    /// Jobs that were given.
    given: u64,
    /// Results that were returned.
    returned: u64,
    /// The pool is full with this many jobs under way.
    most: u64,
}

/// Where the jobs are done.
enum WorkPlace<'w, J, R> {
    /// In the caller's thread, by this function.
    Caller(Box<dyn FnMut(J) -> R + Send + 'w>),
    /// In the worker threads.
    Threads {
        queue: Sender<(u64, J)>,
        results: Receiver<Finished<R>>,
    },
}

/// What a worker sends: the number of a job and its result, or that the worker has panicked.
type Finished<R> = Option<(u64, R)>;

/// What a worker thread owns.
struct Worker<W, J, R> {
    work: W,
    queue: Arc<Mutex<Receiver<(u64, J)>>>,
    results: ResultSender<R>,
}

impl<J: Send + 'static, R: Send + 'static> Workers<'static, J, R> {
    /// Starts `threads` threads that live as long as the pool. Each has a function of its own from
    /// `make`. The pool is full with two jobs for each thread and `spare` more.
    pub fn new<W>(threads: usize, spare: usize, make: impl Fn() -> W) -> Workers<'static, J, R>
    where
        W: FnMut(J) -> R + Send + 'static,
    {
        let spawn = |worker: Worker<W, J, R>| Builder::new().spawn(|| worker.run()).is_ok();
        Workers::start(threads, spare, make, spawn)
    }
}

impl<'w, J: Send + 'w, R: Send + 'w> Workers<'w, J, R> {
    /// As [`Workers::new`], with threads that may borrow what outlives the scope.
    pub fn scoped<'env, W>(
        scope: &'w Scope<'w, 'env>,
        threads: usize,
        spare: usize,
        make: impl Fn() -> W,
    ) -> Workers<'w, J, R>
    where
        W: FnMut(J) -> R + Send + 'w,
    {
        let spawn = |worker: Worker<W, J, R>| {
            let thread = Builder::new().spawn_scoped(scope, || worker.run());
            thread.is_ok()
        };
        Workers::start(threads, spare, make, spawn)
    }

    fn start<W>(
        threads: usize,
        spare: usize,
        make: impl Fn() -> W,
        spawn: impl Fn(Worker<W, J, R>) -> bool,
    ) -> Workers<'w, J, R>
    where
        W: FnMut(J) -> R + Send + 'w,
    {
        let (queue, jobs) = channel();
        let (sender, results) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        let mut started = 0;
        while threads > 1 && started < threads {
            let is_started = spawn(Worker {
                work: make(),
                queue: Arc::clone(&jobs),
                results: ResultSender(sender.clone()),
            });
            if !is_started {
                break;
            }
            started += 1;
        }
        let (place, most) = if started == 0 {
            (WorkPlace::Caller(Box::new(make())), 1)
        } else {
            (WorkPlace::Threads { queue, results }, 2 * started + spare)
        };
        Workers {
            place,
            ready: BTreeMap::new(),
            given: 0,
            returned: 0,
            most: most as u64,
        }
    }

    /// Gives the next job to the workers. Without workers the job is done before this returns.
    ///
    /// # Errors
    /// All workers have panicked.
    pub fn give(&mut self, job: J) -> Result<()> {
        match &mut self.place {
            WorkPlace::Caller(work) => {
                self.ready.insert(self.given, work(job));
            }
            WorkPlace::Threads { queue, .. } => {
                let sent = queue.send((self.given, job));
                sent.map_err(|_| anyhow!("all threads have ended"))?;
            }
        }
        self.given += 1;
        Ok(())
    }

    /// Whether the caller should wait for a result before it gives another job.
    pub fn is_full(&self) -> bool {
        self.given - self.returned >= self.most
    }

    /// Returns the next result in order. `None` where no job is under way, or, unless `wait`, where
    /// that result is not ready.
    ///
    /// # Errors
    /// A worker has panicked: its job will have no result.
    pub fn next(&mut self, wait: bool) -> Result<Option<R>> {
        loop {
            if let Some(result) = self.ready.remove(&self.returned) {
                self.returned += 1;
                return Ok(Some(result));
            }
            let WorkPlace::Threads { results, .. } = &self.place else {
                return Ok(None);
            };
            if self.given == self.returned {
                return Ok(None);
            }
            let finished = if wait {
                results.recv().context("all threads have ended")?
            } else {
                let Ok(finished) = results.try_recv() else {
                    return Ok(None);
                };
                finished
            };
            let Some((number, result)) = finished else {
                bail!("a thread has died while it worked")
            };
            self.ready.insert(number, result);
        }
    }
}

impl<W: FnMut(J) -> R, J, R> Worker<W, J, R> {
    /// Does jobs until the pool is gone.
    fn run(mut self) {
        loop {
            let queue = self.queue.lock();
            let next = queue.unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((number, job)) = next else { return };
            let result = (self.work)(job);
            if self.results.0.send(Some((number, result))).is_err() {
                return;
            }
        }
    }
}

/// Sends the results of one worker, and `None` when the worker panics: without it the caller would
/// wait for ever for the result of that job.
struct ResultSender<R>(Sender<Finished<R>>);

impl<R> Drop for ResultSender<R> {
    fn drop(&mut self) {
        if panicking() {
            // The caller may be gone.
            let _ = self.0.send(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives 100 jobs; returns the results in the order in which they came.
    fn doubled(threads: usize, spare: usize) -> Vec<u64> {
        let mut workers = Workers::new(threads, spare, || |n: u64| n * 2);
        let mut results = Vec::new();
        for n in 0..100 {
            workers.give(n).unwrap();
            while let Some(result) = workers.next(workers.is_full()).unwrap() {
                results.push(result);
            }
        }
        while let Some(result) = workers.next(true).unwrap() {
            results.push(result);
        }
        results
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let expected: Vec<u64> = (0..100).map(|n| n * 2).collect();
        for (threads, spare) in [(1, 0), (2, 0), (4, 0), (4, 3)] {
            assert_eq!(doubled(threads, spare), expected, "{threads} threads");
        }
    }

    #[test]
    fn scoped_workers_borrow_and_end_when_the_caller_gives_up() {
        let factor = 3;
        let first = std::thread::scope(|scope| {
            let mut workers = Workers::scoped(scope, 4, 0, || |n: u64| n * factor);
            let mut given = 0;
            while !workers.is_full() {
                workers.give(given).unwrap();
                given += 1;
            }
            assert_eq!(given, 8);
            workers.next(true).unwrap()
        });
        assert_eq!(first, Some(0));
    }

    #[test]
    fn a_worker_that_panics_is_an_error_and_no_endless_wait() {
        let mut workers = Workers::new(2, 0, || {
            |n: u64| {
                assert!(n != 1, "this job fails");
                n
            }
        });
        for n in 0..3 {
            workers.give(n).unwrap();
        }
        let mut last = workers.next(true);
        while let Ok(Some(_)) = last {
            last = workers.next(true);
        }
        let error = last.unwrap_err().to_string();
        assert_eq!(error, "a thread has died while it worked");
    }
}
