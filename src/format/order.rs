//! Order: every request after all that it carried and before all that it produced.
//!
//! Files report a response's usage either before its items or after them (docs/formats.md 1.10). In
//! the first case the order of the file is right already. In the second the items of a response are
//! held back until its report comes. Items that no report claims were made by requests that were
//! never reported; these are put in, so that the context can be replayed over them.

use std::collections::HashSet;

use super::history::{Entry, Handle, KeptSpan, Layout, Made, unreported};
use crate::record::{Part, Role, Uncounted, What};

/// Entries in their final order, each with the handle that it had. Requests that are put in have
/// new handles, after all others.
pub(super) fn arrange(entries: Vec<Entry>, layout: Layout) -> Vec<(Handle, Entry)> {
    if layout == Layout::Given {
        return entries.into_iter().enumerate().collect();
    }
    let reported = entries
        .iter()
        .any(|entry| matches!(entry, Entry::Request(_)));
    let mut order = Order {
        layout,
        reported,
        fresh: entries.len(),
        done: Vec::with_capacity(entries.len()),
        ..Order::default()
    };
    for (handle, entry) in entries.into_iter().enumerate() {
        order.take(handle, entry);
    }
    order.flush(None);
    order.done
}

struct Order {
    layout: Layout,
    /// Whether the file reports any usage at all.
    reported: bool,
    /// The next handle for a request that is put in.
    fresh: Handle,
    done: Vec<(Handle, Entry)>,
    /// From the first item of the response at hand on.
    held: Vec<(Handle, Entry)>,
    /// The request whose items come now ([`Layout::Before`]).
    current: Option<Handle>,
    /// Input that can only follow a finished response has come since the first held item.
    interrupted: bool,
    /// Calls of the response at hand that have no output yet.
    open_calls: HashSet<Box<str>>,
    answered: bool,
}

impl Default for Order {
    fn default() -> Self {
        Order {
            layout: Layout::After,
            reported: false,
            fresh: 0,
            done: Vec::new(),
            held: Vec::new(),
            current: None,
            interrupted: false,
            open_calls: HashSet::new(),
            answered: false,
        }
    }
}

impl Order {
    fn take(&mut self, handle: Handle, entry: Entry) {
        match &entry {
            // One that a line of the file tells of has its place like any other.
            Entry::Request(request)
                if request.uncounted == Some(Uncounted::Unreported) && request.line.is_none() =>
            {
                self.flush(None);
                self.current = None;
                self.done.push((handle, entry));
                return;
            }
            Entry::Hidden(_) => return self.done.push((handle, entry)),
            Entry::Request(_) => return self.request(handle, entry),
            Entry::Span(span, Made::ByOrder) => {
                if self.ends_before() {
                    self.flush(None);
                }
                self.note_call(span);
                return self.made(handle, entry);
            }
            Entry::Span(span, _) => self.note_input(span),
            Entry::Event(event, _) if event.what == What::Context => {
                self.flush(None);
                self.current = None;
            }
            Entry::Event(..) => {}
        }
        if self.held.is_empty() {
            self.done.push((handle, entry))
        } else {
            self.held.push((handle, entry))
        }
    }

    fn request(&mut self, handle: Handle, entry: Entry) {
        match self.layout {
            Layout::Before => {
                self.flush(None);
                self.done.push((handle, entry));
            }
            _ => self.flush(Some((handle, entry))),
        }
        self.current = Some(handle);
        self.interrupted = false;
        self.open_calls.clear();
        self.answered = false;
    }

    fn made(&mut self, handle: Handle, entry: Entry) {
        match (self.layout, self.current, entry) {
            (Layout::Before, Some(request), Entry::Span(span, _)) if self.held.is_empty() => {
                self.done
                    .push((handle, Entry::Span(span, Made::By(request))));
            }
            (_, _, entry) => self.held.push((handle, entry)),
        }
    }

    /// Whether the response at hand has ended before this item of the model's, without a report.
    fn ends_before(&mut self) -> bool {
        let answered = !self.reported && self.answered && self.open_calls.is_empty();
        if self.interrupted && self.layout == Layout::Before {
            self.current = None;
        }
        (self.interrupted || answered) && !self.held.is_empty()
    }

    fn note_call(&mut self, span: &KeptSpan) {
        if span.part == Part::ToolCall {
            self.open_calls.extend(span.call_id.clone());
        }
    }

    fn note_input(&mut self, span: &KeptSpan) {
        match span.role {
            Role::Tool => {
                self.answered |= span
                    .call_id
                    .as_ref()
                    .is_some_and(|id| self.open_calls.remove(id))
            }
            Role::User | Role::Developer if &*span.source == "user" => {
                self.interrupted |= !self.held.is_empty()
                    || self.layout == Layout::Before && self.current.is_some();
            }
            _ => {}
        }
    }

    /// Writes what was held back, after its request: the one given, or one that is put in.
    fn flush(&mut self, request: Option<(Handle, Entry)>) {
        let held = std::mem::take(&mut self.held);
        let by = match (request, held.first()) {
            (Some((handle, entry)), _) => {
                self.done.push((handle, entry));
                handle
            }
            (None, Some((_, Entry::Span(first, _)))) => {
                let request = unreported(first.at.clone(), None, first.turn);
                self.done
                    .push((self.fresh, Entry::Request(Box::new(request.into()))));
                self.fresh += 1;
                self.fresh - 1
            }
            (None, _) => return,
        };
        self.done
            .extend(held.into_iter().map(|(handle, entry)| match entry {
                Entry::Span(span, Made::ByOrder) => (handle, Entry::Span(span, Made::By(by))),
                entry => (handle, entry),
            }));
        self.interrupted = false;
        self.answered = false;
        self.open_calls.clear();
    }
}

/// Tells where the file reports usage, by the sizes of the responses: the visible output of each
/// report is compared with what was made before it and after it (docs/formats.md 1.10); bytes / 4
/// suffice.
pub(super) fn layout(entries: &[Entry]) -> Layout {
    let (mut before, mut after) = (0_u64, 0_u64);
    let mut made = 0;
    let mut last: Option<u64> = None;
    for entry in entries {
        match entry {
            Entry::Span(span, Made::ByOrder) if span.part != Part::Reasoning => {
                made += visible_tokens(span)
            }
            Entry::Request(request) if request.output_tokens.is_some() => {
                after += last.map_or(0, |output| output.abs_diff(made));
                let output = request.output_tokens.unwrap_or(0);
                let output = output.saturating_sub(request.reasoning_tokens.unwrap_or(0));
                before += output.abs_diff(made);
                (last, made) = (Some(output), 0);
            }
            _ => {}
        }
    }
    after += last.map_or(0, |output| output.abs_diff(made));
    if after < before {
        Layout::Before
    } else {
        Layout::After
    }
}

/// Tokens of what a response shows of a span, guessed from its bytes.
pub(super) fn visible_tokens(span: &KeptSpan) -> u64 {
    let name = span.tool.as_ref().map_or(0, |tool| tool.len() as u64);
    (span.bytes + name).div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::history::{Final, History};
    use crate::record::{Request, Span};

    fn made(bytes: u64) -> Entry {
        let span = Span {
            bytes,
            role: Role::Assistant,
            ..Span::default()
        };
        Entry::Span(Box::new(span.into()), Made::ByOrder)
    }
    fn said(source: &str) -> Entry {
        let span = Span {
            source: source.into(),
            ..Span::default()
        };
        Entry::Span(Box::new(span.into()), Made::Input)
    }
    fn report(output: u64) -> Entry {
        let request = Request {
            output_tokens: Some(output),
            counted: true,
            ..Request::default()
        };
        Entry::Request(Box::new(request.into()))
    }

    /// `i` input, `r` request, `u` a request put in, `1` made by the first request, …
    fn order(entries: Vec<Entry>, layout: Layout) -> String {
        let mut history = History::default();
        for entry in entries {
            match entry {
                Entry::Span(span, made) => history.span(Span::from(*span), made),
                Entry::Request(request) | Entry::Hidden(request) => {
                    history.request(Request::from(*request))
                }
                Entry::Event(event, references) => history.event(*event, *references),
            };
        }
        let letter = |record: Final| match record {
            Final::Span(span) => span.made_by.map_or("i".into(), |n| n.to_string()),
            Final::Request(r) => if r.counted { "r" } else { "u" }.to_owned(),
            Final::Event(_) => "e".into(),
        };
        history
            .finish(layout, "t")
            .take_records()
            .map(letter)
            .collect()
    }

    #[test]
    fn a_report_after_its_items_is_moved_before_them() {
        assert_eq!(
            order(
                vec![said("user"), made(4), said("tool"), report(1)],
                Layout::After
            ),
            "ir1i"
        );
    }

    #[test]
    fn a_report_before_its_items_stays() {
        assert_eq!(
            order(
                vec![said("user"), report(1), made(4), said("tool"), report(1)],
                Layout::Before
            ),
            "ir1ir"
        );
    }

    #[test]
    fn items_without_a_report_were_made_by_a_request_that_is_put_in() {
        let aborted = vec![said("user"), made(4), said("user"), made(4), report(1)];
        assert_eq!(order(aborted, Layout::After), "iu1ir2");
        assert_eq!(order(vec![said("user"), made(4)], Layout::After), "iu1");
    }

    #[test]
    fn a_steering_message_before_the_report_does_not_take_the_items_from_it() {
        assert_eq!(
            order(
                vec![made(4), said("user"), report(1), made(4), report(1)],
                Layout::After
            ),
            "r1ir2"
        );
    }

    #[test]
    fn the_sizes_of_the_responses_tell_the_layout() {
        let after = [
            said("user"),
            made(400),
            report(100),
            said("tool"),
            made(40),
            report(10),
        ];
        assert_eq!(layout(&after), Layout::After);
        let before = [
            said("user"),
            report(100),
            made(400),
            said("tool"),
            report(10),
            made(40),
        ];
        assert_eq!(layout(&before), Layout::Before);
    }
}
