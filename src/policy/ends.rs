//! The two ends of a text, of which an agent may have left out the middle already.
//!
//! A text that was cut in its middle can be cut again to shorter ends: what the agent would have
//! kept of the whole text at the lower limit stands in these ends. They do not show what it would
//! have kept at a higher limit.

/// The two ends of a text. Of a whole text each end is all of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends<'a> {
    head: &'a str,
    tail: &'a str,
    whole: bool,
}

impl<'a> Ends<'a> {
    /// The ends of a text of which nothing is left out.
    pub(super) fn of_whole(text: &'a str) -> Ends<'a> {
        Ends {
            head: text,
            tail: text,
            whole: true,
        }
    }

    /// The ends that an agent has kept.
    pub(super) fn kept(head: &'a str, tail: &'a str) -> Ends<'a> {
        Ends {
            head,
            tail,
            whole: false,
        }
    }

    /// Bytes that are known.
    pub(super) fn len(&self) -> usize {
        if self.whole {
            self.head.len()
        } else {
            self.head.len() + self.tail.len()
        }
    }

    /// The first characters, of at most this many bytes.
    pub(super) fn head(&self, bytes: usize) -> &'a str {
        let end = self.head.floor_char_boundary(bytes);
        self.head.get(..end).unwrap_or_default()
    }

    /// The last characters, of at most this many bytes.
    pub(super) fn tail(&self, bytes: usize) -> &'a str {
        let start = self.tail.len().saturating_sub(bytes);
        let start = self.tail.ceil_char_boundary(start);
        self.tail.get(start..).unwrap_or_default()
    }

    /// The first whole lines, of at most this many bytes; characters, where no line ends there.
    pub(super) fn head_lines(&self, bytes: usize) -> &'a str {
        let head = self.head(bytes);
        match head.rfind('\n') {
            Some(end) => head.get(..=end).unwrap_or_default(),
            None => head,
        }
    }

    /// The last whole lines, of at most this many bytes; characters, where no line begins there.
    pub(super) fn tail_lines(&self, bytes: usize) -> &'a str {
        let tail = self.tail(bytes);
        match tail.split_once('\n') {
            Some((_, lines)) => lines,
            None => tail,
        }
    }
}
