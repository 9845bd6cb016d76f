//! Requests outside `--since` and `--until`, so that an empty answer can say what there was.

use crate::number::counted;

/// The requests that the time range leaves out.
#[derive(Debug, Default)]
pub(super) struct Outside {
    requests: u64,
    first: Option<String>,
    last: Option<String>,
    /// Whether any request lies in the time range.
    inside: bool,
}

impl Outside {
    /// Counts a request with its instant.
    pub(super) fn add(&mut self, at: Option<&str>, is_inside: bool) {
        self.inside |= is_inside;
        self.requests += 1;
        // All instants have one shape, so comparing their letters compares the instants.
        let Some(at) = at else { return };
        if self.first.as_deref().is_none_or(|first| at < first) {
            self.first = Some(at.to_owned());
        }
        if self.last.as_deref().is_none_or(|last| at > last) {
            self.last = Some(at.to_owned());
        }
    }

    /// Says that the time range holds no request, and when there were some; `None` where it holds
    /// one or the stream has none.
    pub(super) fn message(&self) -> Option<String> {
        if self.requests == 0 || self.inside {
            return None;
        }
        Some(format!(
            "no request lies between --since and --until: the stream has {}, {} to {}",
            counted(self.requests, "request"),
            day(self.first.as_deref()),
            day(self.last.as_deref())
        ))
    }
}

/// The day of an instant.
fn day(at: Option<&str>) -> &str {
    at.and_then(|at| at.get(..10)).unwrap_or("no known day")
}
