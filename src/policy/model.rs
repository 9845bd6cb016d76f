//! Policy `model`: the same tokens at the price of another model.
//!
//! Another model has another tokenizer, writes other answers, and may need more of them: only the
//! price is compared.

use super::definition::{Action, Policy};

/// Line of the table of policies.
pub(super) const POLICY: Policy = Policy {
    name: "model",
    value: "MODEL",
    about: "the same tokens at the prices of MODEL",
    action: Action::Model,
};
