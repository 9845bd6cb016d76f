//! Manners: ways in which agents and servers deviate from the law of a model, without any trace in
//! the session file. Which manner a thread has is found out by its reports; that is not done here.

/// A deviation of an agent and its server from the law of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manner {
    /// The agent does not send reasoning back.
    pub(super) stripped: bool,
    /// The server counts the arguments of calls as the model wrote them, with blanks between their
    /// parts.
    pub(super) written: bool,
}

/// All manners. The first is no deviation.
pub(super) const MANNERS: [Manner; 4] = [
    Manner {
        stripped: false,
        written: false,
    },
    Manner {
        stripped: true,
        written: false,
    },
    Manner {
        stripped: false,
        written: true,
    },
    Manner {
        stripped: true,
        written: true,
    },
];

impl Manner {
    /// Returns the text that is written after the name of a law.
    pub(super) fn name(self) -> &'static str {
        match (self.stripped, self.written) {
            (false, false) => "",
            (true, false) => ", reasoning stripped",
            (false, true) => ", arguments as written",
            (true, true) => ", reasoning stripped, arguments as written",
        }
    }
}
