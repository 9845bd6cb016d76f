//! The last exchanges of a session, its beginning, and what the user asked last.
//!
//! An exchange is what one request adds: what the user says or tools return, and what the model
//! makes of it. So many tool calls in one turn are many exchanges, and the user's task would be the
//! first to go; it is kept, with all that stands before the model's first word, and so is the last
//! thing the user said before the window.

use std::collections::VecDeque;

use super::{Does, Policy, Turn};

/// The table line.
pub(super) const POLICY: Policy = Policy {
    name: "window",
    value: "N",
    about: "the last N exchanges, with the task, the instructions and the last prompt",
    does: Does::Window,
};

/// Holds the last exchanges; memory: those.
#[derive(Debug)]
pub struct LastExchanges<T> {
    exchanges: usize,
    /// Whether the model has spoken.
    began: bool,
    last_is_generated: bool,
    /// What the user said last before the exchanges that are held.
    asked: Vec<T>,
    held: VecDeque<Vec<(bool, T)>>,
}

impl<T> LastExchanges<T> {
    /// Keeps that many exchanges.
    pub fn new(exchanges: usize) -> LastExchanges<T> {
        LastExchanges {
            exchanges,
            began: false,
            last_is_generated: false,
            asked: Vec::new(),
            held: VecDeque::new(),
        }
    }

    /// How many turns are held.
    pub fn len(&self) -> usize {
        self.asked.len() + self.held.iter().map(Vec::len).sum::<usize>()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes a turn. Adds to `kept` what is kept for certain, and to `dropped` how many are not.
    pub fn push(&mut self, turn: &Turn, item: T, kept: &mut Vec<T>, dropped: &mut u64) {
        self.began |= turn.is_generated;
        if !self.began {
            kept.push(item);
            return;
        }
        let begins = (turn.is_user || turn.is_output) && self.last_is_generated;
        if begins || self.held.is_empty() {
            self.held.push_back(Vec::new());
        }
        if turn.is_user || turn.is_output || turn.is_generated {
            self.last_is_generated = turn.is_generated;
        }
        if let Some(exchange) = self.held.back_mut() {
            exchange.push((turn.is_user, item));
        }
        while self.held.len() > self.exchanges.max(1) {
            let Some(gone) = self.held.pop_front() else {
                break;
            };
            let (users, others): (Vec<_>, Vec<_>) =
                gone.into_iter().partition(|(is_user, _)| *is_user);
            *dropped += others.len() as u64;
            if !users.is_empty() {
                *dropped += self.asked.len() as u64;
                self.asked = users.into_iter().map(|(_, item)| item).collect();
            }
        }
    }

    /// The session has ended: adds to `kept` all that is held.
    pub fn end(&mut self, kept: &mut Vec<T>) {
        kept.append(&mut self.asked);
        kept.extend(self.held.drain(..).flatten().map(|(_, item)| item));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_turn_of_tool_calls_does_not_lose_its_task() {
        let user = Turn {
            is_user: true,
            ..Turn::default()
        };
        let model = Turn {
            is_generated: true,
            ..Turn::default()
        };
        let output = Turn {
            is_output: true,
            ..Turn::default()
        };
        let system = Turn::default();
        let turns = [
            &system, &user, &model, &output, &model, &user, &model, &output, &model, &output,
            &model,
        ];
        let (mut window, mut kept, mut dropped) = (LastExchanges::new(2), Vec::new(), 0);
        for (n, turn) in turns.into_iter().enumerate() {
            window.push(turn, n, &mut kept, &mut dropped);
        }
        window.end(&mut kept);
        assert_eq!(kept, [0, 1, 5, 7, 8, 9, 10]);
        assert_eq!(dropped, 4);
    }
}
