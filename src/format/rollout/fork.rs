//! Forks and sub-agents: whose history a file begins with (docs/formats.md 1.8).
//!
//! The file of a thread that has a parent may begin with the parent's lines, usage events included,
//! rewritten to the instant of the start or kept as they were. None of that is the thread's own:
//! its spans are inherited, its usage is the parent's. Whose a usage event is, the first of these
//! tells that can; after the first own event or turn all is the thread's own:
//!
//! 1. The ordinal at which the thread's own lines begin, where the file names one.
//! 2. A turn of its own has begun: own. A turn is told by its id, where both the thread and the
//!    turn have one with the time in it (UUID version 7): it is the thread's unless it was made
//!    before it; else by the second in which it says to have started.
//! 3. The parent's file has an event of the same sum and last: the parent's.
//! 4. The event stands within a tenth of a second of the first line, for no response is that quick,
//!    or is dated before it: the parent's.
//! 5. A file of the paginated kind copies no usage: own.
//! 6. The latest turn that tells is the parent's: the parent's, however late.
//! 7. The parent's file is there, and does not have it: own.
//! 8. The parent's metadata is copied, or the thread is a sub-agent's: what stands within a second
//!    of the first line is the parent's, and so is all up to the last event that shows the
//!    inherited sum again.
//! 9. Else own: a person's fork that copied nothing.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::io::Read;

use super::scan::{self, Mark, What};
use super::usage::{Parts, Usage};

/// A thread that has a parent, as its first line tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Child {
    /// The thread's id.
    pub(super) id: String,
    /// The parent's.
    pub(super) parent: String,
    /// Started by an agent, not forked by a person.
    pub(super) is_subagent: bool,
    /// Names the thread it is a fork of: its lines before any turn are that one's.
    pub(super) is_fork: bool,
    pub(super) is_paginated: bool,
    /// Where its own lines begin.
    pub(super) first_ordinal: Option<u64>,
    /// When the first line was written, in milliseconds since 1970.
    pub(super) began_ms: Option<i64>,
    /// When the thread was made.
    pub(super) made_ms: Option<i64>,
}

/// What of a file is a parent's.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Replay {
    /// Offsets of the usage events that are.
    events: HashSet<u64>,
    /// Lines before this ordinal are; none once it has come.
    before_ordinal: Option<u64>,
    /// Lines before this offset are.
    before: u64,
}

/// A sum and a last, as an event tells them.
pub(super) type Told = (Option<Usage>, Option<Usage>);

/// The usage events of the parent's files, which are read once somebody must know.
pub(super) struct Theirs<'t> {
    known: OnceCell<HashSet<Told>>,
    read: &'t dyn Fn() -> HashSet<Told>,
}

impl<'t> Theirs<'t> {
    pub(super) fn new(read: &'t dyn Fn() -> HashSet<Told>) -> Theirs<'t> {
        Theirs {
            known: OnceCell::new(),
            read,
        }
    }

    fn events(&self) -> &HashSet<Told> {
        self.known.get_or_init(self.read)
    }
}

/// No response is that quick.
const INSTANT_MS: i64 = 100;

/// A replay without turns that tell is written within this.
const BURST_MS: i64 = 1000;

impl Replay {
    /// Whether the next line, at this offset and with this ordinal, is a parent's.
    pub(super) fn has_line(&mut self, offset: u64, ordinal: Option<u64>) -> bool {
        self.before_ordinal = self
            .before_ordinal
            .filter(|first| ordinal.is_none_or(|ordinal| ordinal < *first));
        self.before_ordinal.is_some() || offset < self.before
    }

    /// An own usage event has come: no ordinal will tell what has ended.
    pub(super) fn end(&mut self) {
        self.before_ordinal = None;
    }

    /// Whether the usage event at this offset is a parent's.
    pub(super) fn has_event(&self, offset: u64) -> bool {
        self.events.contains(&offset)
    }

    /// Tells the parent's part of a child's file. `theirs`: the usage events of the parent's files,
    /// if anybody must know them.
    pub(super) fn of(child: &Child, theirs: &Theirs, file: impl Read) -> Replay {
        let mut marks = Vec::new();
        let mut judge = Judge::new(child, theirs);
        scan::marks(file, &mut |mark| {
            judge.take(&mark, &|_| false);
            marks.push(mark);
            !judge.is_sure
        });
        if judge.is_sure {
            return judge.replay();
        }
        // The inherited sum may come again: what stands before it is known only from the end.
        let latest: HashMap<Parts, u64> = marks
            .iter()
            .filter_map(|mark| Some((shown(mark)?, mark.offset)))
            .collect();
        let mut judge = Judge::new(child, theirs);
        for mark in &marks {
            judge.take(mark, &|sum| {
                latest
                    .get(&sum)
                    .is_some_and(|offset| *offset >= mark.offset)
            });
        }
        judge.replay()
    }
}

/// The sum that an event shows.
fn shown(mark: &Mark) -> Option<Parts> {
    match &mark.what {
        What::Usage(Some(sum), _) => Some(sum.parts()),
        _ => None,
    }
}

/// Goes through the marks of a child's file.
struct Judge<'c> {
    child: &'c Child,
    theirs: &'c Theirs<'c>,
    /// The parent's metadata is copied.
    copied: bool,
    /// Whether the latest turn that tells is the thread's own.
    turn_is_own: Option<bool>,
    /// The largest sum of the parent's events.
    inherited: Option<Parts>,
    /// An own event, or an own turn, has come.
    left: bool,
    /// Nothing that comes later can change this.
    is_sure: bool,
    events: HashSet<u64>,
    first_turn: Option<u64>,
    own_turn: Option<u64>,
    past_events: u64,
}

impl<'c> Judge<'c> {
    fn new(child: &'c Child, theirs: &'c Theirs<'c>) -> Judge<'c> {
        Judge {
            child,
            theirs,
            copied: false,
            turn_is_own: None,
            inherited: None,
            left: false,
            is_sure: false,
            events: HashSet::new(),
            first_turn: None,
            own_turn: None,
            past_events: 0,
        }
    }

    /// `comes_again`: whether this event or a later one shows that sum.
    fn take(&mut self, mark: &Mark, comes_again: &dyn Fn(Parts) -> bool) {
        match &mark.what {
            What::Meta(id) => self.copied |= *id == self.child.parent,
            What::Turn(id, started) => self.turn(mark.offset, id, *started),
            What::Usage(sum, last) => {
                if !self.is_parents(mark, &(*sum, *last), comes_again) {
                    self.left = true;
                    return;
                }
                self.events.insert(mark.offset);
                self.past_events = mark.offset + 1;
                let sum = sum.map(Usage::parts).filter(|sum| !sum.is_zero());
                self.inherited = self
                    .inherited
                    .into_iter()
                    .chain(sum)
                    .max_by_key(|sum| sum.size());
            }
        }
    }

    fn turn(&mut self, offset: u64, id: &str, started: Option<f64>) {
        self.first_turn.get_or_insert(offset);
        let own = self.child.owns_turn(id, started);
        if own.is_none() || self.left {
            return;
        }
        self.turn_is_own = own;
        if own == Some(true) {
            self.own_turn = Some(offset);
            self.left = self.child.first_ordinal.is_none();
            self.is_sure = self.left;
        }
    }

    fn is_parents(
        &mut self,
        mark: &Mark,
        told: &Told,
        comes_again: &dyn Fn(Parts) -> bool,
    ) -> bool {
        let child = self.child;
        if let (Some(first), Some(ordinal)) = (child.first_ordinal, mark.ordinal) {
            self.is_sure |= ordinal >= first;
            return ordinal < first;
        }
        if self.left {
            return false;
        }
        let in_a_parents_turn = self.turn_is_own == Some(false) && !child.is_paginated;
        if child.is_too_soon(mark) || in_a_parents_turn || self.theirs.events().contains(told) {
            return true;
        }
        if child.is_paginated
            || !self.theirs.events().is_empty()
            || !(self.copied || child.is_subagent)
        {
            self.is_sure |= child.first_ordinal.is_none();
            return false;
        }
        child.is_in_the_burst(mark) || self.inherited.is_some_and(comes_again)
    }

    /// Where the lines of a file become the thread's own: at its own turn; after the parent's last
    /// event; of a fork, not before a turn begins.
    fn replay(self) -> Replay {
        let child = self.child;
        let replays = child.is_fork
            || self.copied
            || !self.events.is_empty()
            || self.turn_is_own == Some(false);
        let never_left = self.turn_is_own == Some(false) && !self.left;
        let before = match self.own_turn.filter(|_| !child.is_paginated) {
            _ if child.first_ordinal.is_some() || !replays => self.past_events,
            Some(turn) => turn,
            None if never_left => u64::MAX,
            None if child.is_fork && !child.is_paginated => {
                self.past_events.max(self.first_turn.unwrap_or(0))
            }
            None => self.past_events,
        };
        Replay {
            events: self.events,
            before_ordinal: child.first_ordinal,
            before,
        }
    }
}

impl Child {
    fn ms_after_began(&self, mark: &Mark) -> Option<i64> {
        Some(mark.at_ms? - self.began_ms?)
    }

    /// Whether an event comes too soon for a response, or is dated before the thread.
    fn is_too_soon(&self, mark: &Mark) -> bool {
        self.ms_after_began(mark)
            .is_some_and(|ms| ms.abs() <= INSTANT_MS || ms < -BURST_MS)
    }

    /// Whether an event comes as soon as a replay is written.
    fn is_in_the_burst(&self, mark: &Mark) -> bool {
        let second = |ms: i64| ms.div_euclid(1000);
        let same_second = mark.at_ms.is_some_and(|at| {
            self.began_ms
                .is_some_and(|began| second(at) == second(began))
        });
        same_second
            || self
                .ms_after_began(mark)
                .is_some_and(|ms| ms.abs() <= BURST_MS)
    }

    /// Whether a turn is the thread's own; `None` where nothing tells.
    fn owns_turn(&self, id: &str, started: Option<f64>) -> Option<bool> {
        match (made_ms(&self.id), made_ms(id)) {
            (Some(thread), Some(turn)) => Some(turn >= thread),
            _ => Some(started? >= self.made_ms?.div_euclid(1000) as f64),
        }
    }
}

/// The time in an id, if it is a UUID of version 7: its first 48 bits, milliseconds since 1970.
fn made_ms(id: &str) -> Option<u64> {
    let is_version_7 = id.as_bytes().get(14) == Some(&b'7');
    let (high, low) = (id.get(..8)?, id.get(9..13)?);
    let dashed = [8, 13, 18]
        .iter()
        .all(|at| id.as_bytes().get(*at) == Some(&b'-'));
    (is_version_7 && dashed)
        .then(|| u64::from_str_radix(&format!("{high}{low}"), 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: i64 = 1_795_165_200_000;

    /// A sub-agent without ids that tell, made and begun at [`MADE`].
    fn child() -> Child {
        let (id, parent) = ("child".to_owned(), "parent".to_owned());
        Child {
            id,
            parent,
            is_subagent: true,
            began_ms: Some(MADE),
            made_ms: Some(MADE),
            ..Child::default()
        }
    }

    fn version_7(ms: i64, rest: u32) -> String {
        format!("{:08x}-{:04x}-7000-8000-{rest:012x}", ms >> 16, ms & 0xffff)
    }

    /// A usage event so many milliseconds after the thread was made.
    fn event(ms: i64, sum: u64) -> String {
        let at = jiff::Timestamp::from_millisecond(MADE + ms).unwrap();
        format!(
            r#"{{"timestamp":"{at:.3}","type":"event_msg","payload":{{"type":"token_count","info":{{"total_token_usage":{{"input_tokens":{sum}}}}}}}}}"#
        )
    }

    fn turn(id: &str, started_at: i64) -> String {
        format!(
            r#"{{"type":"event_msg","payload":{{"type":"task_started","turn_id":"{id}","started_at":{started_at}}}}}"#
        )
    }

    /// Which of the usage events are the parent's, and whether the last line is.
    fn of_parent(child: &Child, theirs: &[u64], lines: &[String]) -> (Vec<bool>, bool) {
        let sums = || {
            theirs
                .iter()
                .map(|sum| {
                    (
                        Some(Usage {
                            input_tokens: *sum,
                            ..Usage::default()
                        }),
                        None,
                    )
                })
                .collect()
        };
        let file = lines.join("\n");
        let mut replay = Replay::of(child, &Theirs::new(&sums), file.as_bytes());
        let mut offset = 0;
        let (mut events, mut last) = (Vec::new(), false);
        for line in lines {
            if line.contains("token_count") {
                events.push(replay.has_event(offset));
            }
            last = replay.has_line(offset, None);
            offset += line.len() as u64 + 1;
        }
        (events, last)
    }

    #[test]
    fn events_within_the_instant_are_the_parents_and_then_all_are_own() {
        let lines = [
            event(0, 10),
            event(100, 20),
            event(1500, 30),
            event(1550, 40),
        ];
        assert_eq!(
            of_parent(&child(), &[], &lines),
            (vec![true, true, false, false], false)
        );
    }

    #[test]
    fn an_event_dated_before_the_thread_is_the_parents() {
        assert_eq!(
            of_parent(&child(), &[], &[event(-86_400_000, 10), event(9000, 20)]).0,
            [true, false]
        );
    }

    #[test]
    fn a_sub_agents_burst_is_the_parents_up_to_where_its_sum_comes_again() {
        let lines = [
            event(5, 880),
            event(1200, 860),
            event(1900, 870),
            event(2500, 880),
            event(2900, 900),
        ];
        assert_eq!(
            of_parent(&child(), &[], &lines).0,
            [true, true, true, true, false]
        );
        assert_eq!(
            of_parent(&child(), &[], &[event(700, 10), event(1200, 30)]).0,
            [true, false]
        );
    }

    #[test]
    fn a_persons_fork_that_copied_nothing_owns_its_first_second() {
        let child = Child {
            is_subagent: false,
            is_fork: true,
            ..child()
        };
        let named = |id: &str| format!(r#"{{"type":"session_meta","payload":{{"id":"{id}"}}}}"#);
        assert_eq!(of_parent(&child, &[], &[event(400, 10)]).0, [false]);
        assert_eq!(
            of_parent(&child, &[], &[named("another"), event(400, 10)]).0,
            [false]
        );
        assert_eq!(
            of_parent(&child, &[], &[named("parent"), event(400, 10)]).0,
            [true]
        );
    }

    #[test]
    fn the_parents_file_tells_its_events_however_late_and_what_it_lacks_is_own() {
        let lines = [
            event(3000, 10),
            event(3100, 30),
            event(3200, 40),
            event(3300, 30),
        ];
        assert_eq!(
            of_parent(&child(), &[10, 30], &lines).0,
            [true, true, false, false]
        );
        assert_eq!(of_parent(&child(), &[10], &[event(500, 20)]).0, [false]);
    }

    #[test]
    fn an_old_turn_holds_the_parents_events_and_an_own_turn_ends_them() {
        let second = MADE / 1000;
        let lines = [
            turn("a", second - 60),
            event(4000, 10),
            turn("b", second),
            event(4010, 20),
        ];
        assert_eq!(
            of_parent(&child(), &[10, 20], &lines),
            (vec![true, false], false)
        );
        let never_left = [turn("a", second - 60), event(9000, 10), "{}".into()];
        assert_eq!(of_parent(&child(), &[], &never_left), (vec![true], true));
    }

    #[test]
    fn an_id_with_a_time_in_it_tells_before_the_second_of_the_start() {
        let child = Child {
            id: version_7(MADE, 9),
            ..child()
        };
        let second = MADE / 1000;
        // Made in the thread's millisecond, though it sorts before it.
        let own = [turn(&version_7(MADE, 1), second - 60), event(50, 10)];
        assert_eq!(of_parent(&child, &[], &own).0, [false]);
        let copied = [turn(&version_7(MADE - 290, 1), second), event(240, 10)];
        assert_eq!(of_parent(&child, &[], &copied).0, [true]);
        // A random id does not tell; its start does.
        let random = [
            turn("0b8e3f6a-51c7-4a9d-9e21-77aa10c4be52", second - 4200),
            event(2000, 10),
        ];
        assert_eq!(of_parent(&child, &[], &random).0, [true]);
    }

    #[test]
    fn an_ordinal_tells_before_all_else_and_paginated_files_copy_no_usage() {
        let numbered = |ordinal: u64, event: String| {
            event.replacen('{', &format!(r#"{{"ordinal":{ordinal},"#), 1)
        };
        let child = Child {
            first_ordinal: Some(4),
            ..child()
        };
        let lines = [numbered(3, event(90_000, 10)), numbered(4, event(10, 20))];
        assert_eq!(of_parent(&child, &[20], &lines).0, [true, false]);
        let child = Child {
            first_ordinal: None,
            is_paginated: true,
            ..child
        };
        assert_eq!(of_parent(&child, &[], &[event(400, 10)]).0, [false]);
    }
}
