//! Policy `none`: nothing changes, and every request comes back as it was reported.

use super::definition::{Action, Policy};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "none",
    value: "",
    about: "change nothing: every request comes back as it was reported",
    action: Action::Plan(|_| Box::new(Nothing)),
};

struct Nothing;

impl crate::replay::Plan for Nothing {}
