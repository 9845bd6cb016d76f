//! Manners: what agents and servers do otherwise than the laws of a model say, and no file tells.

/// What an agent and its server may do otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manner {
    /// Reasoning is not sent back.
    pub(super) stripped: bool,
    /// Arguments of calls are counted as the model wrote them, with the blanks between their parts.
    pub(super) written: bool,
}

/// All manners; the first is what every provider of the table of laws does.
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
    /// What is said of it behind the name of a law.
    pub(super) fn name(self) -> &'static str {
        match (self.stripped, self.written) {
            (false, false) => "",
            (true, false) => ", reasoning stripped",
            (false, true) => ", arguments as written",
            (true, true) => ", reasoning stripped, arguments as written",
        }
    }
}
