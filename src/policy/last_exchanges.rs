//! Policy `window`: keeps the beginning of a session, its last exchanges, and the last prompt.
//!
//! An exchange is what one request adds: messages of the user or outputs of tools, and the response
//! of the model. A turn with many tool calls is therefore many exchanges, and a window over them
//! would lose the user's task first. So two more things are kept: everything before the model's
//! first response, and the user's last message before the window.

use std::collections::VecDeque;

use super::definition::{Action, Policy, TurnFacts};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "window",
    value: "N",
    about: "keep the last N exchanges, the instructions, the task, and the last prompt",
    action: Action::Window,
};

/// What a turn decides.
#[derive(Debug)]
pub struct Decided<T> {
    /// The items that are now certain to stay.
    pub kept: Vec<T>,
    /// The number of items that are dropped.
    pub dropped: u64,
}

/// Holds the items of the last exchanges. Memory: those items.
#[derive(Debug)]
pub struct LastExchanges<T> {
    most: usize,
    /// Whether the model has responded.
    began: bool,
    last_is_generated: bool,
    /// The user's last message before the exchanges in `exchanges`.
    prompt: Vec<T>,
    /// The last exchanges. Each item has a flag: whether it is a message of the user.
    exchanges: VecDeque<Vec<(bool, T)>>,
}

impl<T> LastExchanges<T> {
    /// Keeps the last `most` exchanges, at least one.
    pub fn new(most: usize) -> LastExchanges<T> {
        LastExchanges {
            most,
            began: false,
            last_is_generated: false,
            prompt: Vec::new(),
            exchanges: VecDeque::new(),
        }
    }

    /// Number of items held.
    pub fn len(&self) -> usize {
        self.prompt.len() + self.exchanges.iter().map(Vec::len).sum::<usize>()
    }

    /// Whether no item is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes a turn and its item. Returns the items that are now decided.
    pub fn push(&mut self, turn: &TurnFacts, item: T) -> Decided<T> {
        let mut decided = Decided {
            kept: Vec::new(),
            dropped: 0,
        };
        self.began |= turn.is_generated;
        if !self.began {
            decided.kept.push(item);
            return decided;
        }
        let begins = (turn.is_user || turn.is_output) && self.last_is_generated;
        if begins || self.exchanges.is_empty() {
            self.exchanges.push_back(Vec::new());
        }
        if turn.is_user || turn.is_output || turn.is_generated {
            self.last_is_generated = turn.is_generated;
        }
        if let Some(exchange) = self.exchanges.back_mut() {
            exchange.push((turn.is_user, item));
        }
        while self.exchanges.len() > self.most.max(1) {
            let Some(gone) = self.exchanges.pop_front() else {
                break;
            };
            decided.dropped += self.forget(gone);
        }
        decided
    }

    /// Drops an exchange; the messages of the user in it become the last prompt. Returns the number
    /// of items dropped.
    fn forget(&mut self, exchange: Vec<(bool, T)>) -> u64 {
        let mut dropped = 0;
        let mut prompt = Vec::new();
        for (is_user, item) in exchange {
            if is_user {
                prompt.push(item);
            } else {
                dropped += 1;
            }
        }
        if !prompt.is_empty() {
            dropped += self.prompt.len() as u64;
            self.prompt = prompt;
        }
        dropped
    }

    /// Returns all items held. The session has ended.
    pub fn end(&mut self) -> Vec<T> {
        let mut kept = std::mem::take(&mut self.prompt);
        for exchange in self.exchanges.drain(..) {
            kept.extend(exchange.into_iter().map(|(_, item)| item));
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_turn_of_tool_calls_does_not_lose_its_task() {
        let user = TurnFacts {
            is_user: true,
            ..TurnFacts::default()
        };
        let model = TurnFacts {
            is_generated: true,
            ..TurnFacts::default()
        };
        let output = TurnFacts {
            is_output: true,
            ..TurnFacts::default()
        };
        let system = TurnFacts::default();
        let turns = [
            &system, &user, &model, &output, &model, &user, &model, &output, &model, &output,
            &model,
        ];
        let (mut window, mut kept, mut dropped) = (LastExchanges::new(2), Vec::new(), 0);
        for (n, turn) in turns.into_iter().enumerate() {
            let decided = window.push(turn, n);
            kept.extend(decided.kept);
            dropped += decided.dropped;
        }
        kept.extend(window.end());
        assert_eq!(kept, [0, 1, 5, 7, 8, 9, 10]);
        assert_eq!(dropped, 4);
    }
}
