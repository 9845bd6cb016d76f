//! What the filters cost the machine, and what they do where it gives less.

mod threads;
