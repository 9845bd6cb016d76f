//! Order: every request after all that it carried and before all that it produced.
//!
//! Files report a response's usage either before its items or after them (docs/formats.md 1.10). In
//! the first case the order of the file is final. In the second the items of a response are
//! buffered until its report comes. Items without a report were made by requests that were never
//! reported; these requests are generated, so that the context can be replayed.

use std::collections::{HashMap, HashSet};

use super::history::{FinishedThread, Handle, KeptSpan, Made, OpenThread, ThreadEntry, unreported};
use crate::record::{Part, Role, Uncounted, What};

/// Where in its file a response's usage is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportLayout {
    /// Before what the response produced (docs/formats.md 1.10, layout A).
    Before,
    /// After what the response produced (layout B), and perhaps after outputs that came meanwhile.
    After,
    /// The entries are in their final order, and every span names the request that made it.
    Given,
}

/// Ends a history: puts its entries in order, numbers the requests, and gives ids. `thread`: the
/// thread's id.
pub(super) fn finish(
    mut history: OpenThread,
    layout: ReportLayout,
    thread: &str,
) -> FinishedThread {
    let arranged = arrange(history.take_entries(), layout);
    history.finish_in_order(arranged, HashMap::new(), thread)
}

/// Returns the entries in their final order, each with its handle. Generated requests have new
/// handles, after all others.
fn arrange(entries: Vec<ThreadEntry>, layout: ReportLayout) -> Vec<(Handle, ThreadEntry)> {
    if layout == ReportLayout::Given {
        return entries.into_iter().enumerate().collect();
    }
    let reported = entries
        .iter()
        .any(|entry| matches!(entry, ThreadEntry::Request(_)));
    let mut order = Arranger {
        layout,
        reported,
        fresh: entries.len(),
        done: Vec::with_capacity(entries.len()),
        ..Arranger::default()
    };
    for (handle, entry) in entries.into_iter().enumerate() {
        order.take(handle, entry);
    }
    order.flush(None);
    order.done
}

struct Arranger {
    layout: ReportLayout,
    /// Whether the file reports any usage at all.
    reported: bool,
    /// The next handle for a generated request.
    fresh: Handle,
    done: Vec<(Handle, ThreadEntry)>,
    /// The entries from the first item of the current response on.
    buffer: Vec<(Handle, ThreadEntry)>,
    /// The request that made the current items ([`ReportLayout::Before`]).
    current: Option<Handle>,
    /// Input that can only follow a finished response has come since the first buffered item.
    interrupted: bool,
    /// Calls of the current response that have no output yet.
    open_calls: HashSet<Box<str>>,
    /// A call of the current response has an output.
    answered: bool,
}

impl Default for Arranger {
    fn default() -> Self {
        Arranger {
            layout: ReportLayout::After,
            reported: false,
            fresh: 0,
            done: Vec::new(),
            buffer: Vec::new(),
            current: None,
            interrupted: false,
            open_calls: HashSet::new(),
            answered: false,
        }
    }
}

impl Arranger {
    fn take(&mut self, handle: Handle, entry: ThreadEntry) {
        match &entry {
            // An unreported request that has a line is ordered like any other.
            ThreadEntry::Request(request)
                if request.uncounted == Some(Uncounted::Unreported) && request.line.is_none() =>
            {
                self.flush(None);
                self.current = None;
                self.done.push((handle, entry));
                return;
            }
            ThreadEntry::Hidden(_) => return self.done.push((handle, entry)),
            ThreadEntry::Request(_) => return self.request(handle, entry),
            ThreadEntry::Span(span, Made::ByOrder) => {
                if self.ends_before() {
                    self.flush(None);
                }
                self.note_call(span);
                return self.made(handle, entry);
            }
            ThreadEntry::Span(span, _) => self.note_input(span),
            ThreadEntry::Event(event, _) if event.what == What::Context => {
                self.flush(None);
                self.current = None;
            }
            ThreadEntry::Event(..) => {}
        }
        if self.buffer.is_empty() {
            self.done.push((handle, entry))
        } else {
            self.buffer.push((handle, entry))
        }
    }

    fn request(&mut self, handle: Handle, entry: ThreadEntry) {
        if self.layout == ReportLayout::Before {
            self.flush(None);
            self.done.push((handle, entry));
        } else {
            self.flush(Some((handle, entry)));
        }
        self.current = Some(handle);
        self.interrupted = false;
        self.open_calls.clear();
        self.answered = false;
    }

    fn made(&mut self, handle: Handle, entry: ThreadEntry) {
        match (self.layout, self.current, entry) {
            (ReportLayout::Before, Some(request), ThreadEntry::Span(span, _))
                if self.buffer.is_empty() =>
            {
                self.done
                    .push((handle, ThreadEntry::Span(span, Made::By(request))));
            }
            (_, _, entry) => self.buffer.push((handle, entry)),
        }
    }

    /// Whether the current response ended without a report before this item of the model.
    fn ends_before(&mut self) -> bool {
        let answered = !self.reported && self.answered && self.open_calls.is_empty();
        if self.interrupted && self.layout == ReportLayout::Before {
            self.current = None;
        }
        (self.interrupted || answered) && !self.buffer.is_empty()
    }

    fn note_call(&mut self, span: &KeptSpan) {
        if span.part == Part::ToolCall {
            self.open_calls.extend(span.call_id.clone());
        }
    }

    fn note_input(&mut self, span: &KeptSpan) {
        match span.role {
            Role::Tool => {
                if let Some(id) = &span.call_id
                    && self.open_calls.remove(id)
                {
                    self.answered = true;
                }
            }
            Role::User | Role::Developer if &*span.source == "user" => {
                self.interrupted |= !self.buffer.is_empty()
                    || self.layout == ReportLayout::Before && self.current.is_some();
            }
            _ => {}
        }
    }

    /// Writes the buffered entries after the given request, or after a generated unreported one.
    fn flush(&mut self, request: Option<(Handle, ThreadEntry)>) {
        let buffer = std::mem::take(&mut self.buffer);
        let by = match (request, buffer.first()) {
            (Some((handle, entry)), _) => {
                self.done.push((handle, entry));
                handle
            }
            (None, Some((_, ThreadEntry::Span(first, _)))) => {
                let request = unreported(first.at.clone(), None, first.turn);
                let entry = ThreadEntry::Request(Box::new(request.into()));
                let handle = self.fresh;
                self.done.push((handle, entry));
                self.fresh += 1;
                handle
            }
            (None, _) => return,
        };
        for (handle, entry) in buffer {
            let entry = match entry {
                ThreadEntry::Span(span, Made::ByOrder) => ThreadEntry::Span(span, Made::By(by)),
                entry => entry,
            };
            self.done.push((handle, entry));
        }
        self.interrupted = false;
        self.answered = false;
        self.open_calls.clear();
    }
}

/// Finds out where the file reports usage, by the sizes of the responses: the visible output of
/// each report is compared with what was made before it and after it (docs/formats.md 1.10). An
/// estimate of four bytes per token is enough.
pub(super) fn layout(entries: &[ThreadEntry]) -> ReportLayout {
    let (mut before, mut after) = (0_u64, 0_u64);
    let mut made = 0;
    let mut last: Option<u64> = None;
    for entry in entries {
        match entry {
            ThreadEntry::Span(span, Made::ByOrder) if span.part != Part::Reasoning => {
                made += visible_tokens(span)
            }
            ThreadEntry::Request(request) => {
                let Some(output) = request.output_tokens else {
                    continue;
                };
                let output = output.saturating_sub(request.reasoning_tokens.unwrap_or(0));
                if let Some(last) = last {
                    after += last.abs_diff(made);
                }
                before += output.abs_diff(made);
                last = Some(output);
                made = 0;
            }
            _ => {}
        }
    }
    if let Some(last) = last {
        after += last.abs_diff(made);
    }
    if after < before {
        ReportLayout::Before
    } else {
        ReportLayout::After
    }
}

/// Estimates the visible output tokens of a span from its bytes.
pub(super) fn visible_tokens(span: &KeptSpan) -> u64 {
    let name = match &span.tool {
        Some(tool) => tool.len() as u64,
        None => 0,
    };
    (span.bytes + name).div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::history::{Final, OpenThread};
    use crate::record::{Request, Span};

    fn made(bytes: u64) -> ThreadEntry {
        let span = Span {
            bytes,
            role: Role::Assistant,
            ..Span::default()
        };
        ThreadEntry::Span(Box::new(span.into()), Made::ByOrder)
    }
    fn said(source: &str) -> ThreadEntry {
        let span = Span {
            source: source.into(),
            ..Span::default()
        };
        ThreadEntry::Span(Box::new(span.into()), Made::Input)
    }
    fn report(output: u64) -> ThreadEntry {
        let request = Request {
            output_tokens: Some(output),
            counted: true,
            ..Request::default()
        };
        ThreadEntry::Request(Box::new(request.into()))
    }

    /// `i` input, `r` request, `u` a generated request, `1` made by the first request, …
    fn order(entries: Vec<ThreadEntry>, layout: ReportLayout) -> String {
        let mut history = OpenThread::default();
        for entry in entries {
            match entry {
                ThreadEntry::Span(span, made) => history.push_span(Span::from(*span), made),
                ThreadEntry::Request(request) | ThreadEntry::Hidden(request) => {
                    history.push_request(Request::from(*request))
                }
                ThreadEntry::Event(event, references) => history.push_event(*event, *references),
            };
        }
        let letter = |record: Final| match record {
            Final::Span(span) => span.made_by.map_or("i".into(), |n| n.to_string()),
            Final::Request(r) => if r.counted { "r" } else { "u" }.to_owned(),
            Final::Event(_) => "e".into(),
        };
        finish(history, layout, "t")
            .take_records()
            .map(letter)
            .collect()
    }

    #[test]
    fn a_report_after_its_items_is_moved_before_them() {
        assert_eq!(
            order(
                vec![said("user"), made(4), said("tool"), report(1)],
                ReportLayout::After
            ),
            "ir1i"
        );
    }

    #[test]
    fn a_report_before_its_items_stays() {
        assert_eq!(
            order(
                vec![said("user"), report(1), made(4), said("tool"), report(1)],
                ReportLayout::Before
            ),
            "ir1ir"
        );
    }

    #[test]
    fn items_without_a_report_were_made_by_a_request_that_is_put_in() {
        let aborted = vec![said("user"), made(4), said("user"), made(4), report(1)];
        assert_eq!(order(aborted, ReportLayout::After), "iu1ir2");
        assert_eq!(
            order(vec![said("user"), made(4)], ReportLayout::After),
            "iu1"
        );
    }

    #[test]
    fn a_steering_message_before_the_report_does_not_take_the_items_from_it() {
        assert_eq!(
            order(
                vec![made(4), said("user"), report(1), made(4), report(1)],
                ReportLayout::After
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
        assert_eq!(layout(&after), ReportLayout::After);
        let before = [
            said("user"),
            report(100),
            made(400),
            said("tool"),
            report(10),
            made(40),
        ];
        assert_eq!(layout(&before), ReportLayout::Before);
    }
}
