//! A span in its small form.

use std::mem::take;
use std::sync::Arc;

use super::words::{Words, digest, hex, own};
use crate::record::{Form, Framing, Part, Role, Span};

/// A span of a thread that has not ended; fields are named as in [`Span`].
#[derive(Clone)]
pub struct KeptSpan {
    pub(in crate::format) at: Option<String>,
    pub(in crate::format) turn: Option<u64>,
    pub(in crate::format) role: Role,
    pub(in crate::format) part: Part,
    pub(in crate::format) source: Arc<str>,
    pub(in crate::format) tool: Option<Arc<str>>,
    server: Option<Arc<str>>,
    wire_name: Option<Arc<str>>,
    command: Option<Arc<str>>,
    phase: Option<Arc<str>>,
    file: Option<Arc<str>>,
    target: Option<Box<str>>,
    pub(in crate::format) call_id: Option<Box<str>>,
    framing: Option<Framing>,
    pub(in crate::format) inherited: bool,
    pub(in crate::format) line: Option<u64>,
    offset: Option<u64>,
    length: Option<u64>,
    pub(in crate::format) bytes: u64,
    hash: Option<[u8; 16]>,
    pub(in crate::format) form: Option<Form>,
    pub(in crate::format) dropped: Option<Arc<str>>,
    /// The other keys, if there are any.
    rest: Option<Box<Span>>,
}

impl KeptSpan {
    /// Makes the small form of a span; texts are shared in `words`.
    pub(in crate::format::history) fn sharing(mut span: Span, words: &mut Words) -> KeptSpan {
        let mut share = |text: String| words.share(text);
        let hash = span.hash.as_deref().and_then(digest);
        if hash.is_some() {
            span.hash = None;
        }
        let mut kept = KeptSpan {
            at: take(&mut span.at),
            turn: take(&mut span.turn),
            role: take(&mut span.role),
            part: take(&mut span.part),
            source: share(take(&mut span.source)),
            tool: take(&mut span.tool).map(&mut share),
            server: take(&mut span.server).map(&mut share),
            wire_name: take(&mut span.wire_name).map(&mut share),
            command: take(&mut span.command).map(&mut share),
            phase: take(&mut span.phase).map(&mut share),
            file: take(&mut span.file).map(&mut share),
            target: take(&mut span.target).map(String::into_boxed_str),
            call_id: take(&mut span.call_id).map(String::into_boxed_str),
            framing: take(&mut span.framing),
            inherited: take(&mut span.inherited),
            line: take(&mut span.line),
            offset: take(&mut span.offset),
            length: take(&mut span.length),
            bytes: take(&mut span.bytes),
            hash,
            form: take(&mut span.form),
            dropped: take(&mut span.dropped).map(&mut share),
            rest: None,
        };
        if span != Span::default() {
            kept.rest = Some(Box::new(span));
        }
        kept
    }

    /// Sets the key `detail`.
    pub(in crate::format) fn set_detail(&mut self, word: &str) {
        self.rest.get_or_insert_default().detail = Some(word.to_owned());
    }

    /// The hash of the text, as records have it.
    pub(in crate::format) fn hash(&self) -> Option<String> {
        self.hash.map(hex)
    }
}

impl From<Span> for KeptSpan {
    fn from(span: Span) -> KeptSpan {
        KeptSpan::sharing(span, &mut Words::default())
    }
}

impl From<KeptSpan> for Span {
    fn from(kept: KeptSpan) -> Span {
        let rest = match kept.rest {
            Some(rest) => *rest,
            None => Span::default(),
        };
        Span {
            at: kept.at,
            turn: kept.turn,
            role: kept.role,
            part: kept.part,
            source: kept.source.to_string(),
            tool: own(kept.tool),
            server: own(kept.server),
            wire_name: own(kept.wire_name),
            command: own(kept.command),
            phase: own(kept.phase),
            file: own(kept.file),
            target: kept.target.map(String::from),
            call_id: kept.call_id.map(String::from),
            framing: kept.framing,
            inherited: kept.inherited,
            line: kept.line,
            offset: kept.offset,
            length: kept.length,
            bytes: kept.bytes,
            hash: kept.hash.map(hex).or(rest.hash),
            form: kept.form,
            dropped: own(kept.dropped),
            ..rest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_span_is_kept() {
        // All keys, each with a value of its own; those that a thread gives come with it later.
        let all = r#"{"type":"span","thread":"a","session":"b","id":"c","seq":1,"at":"d","turn":2,
            "role":"tool","part":"image","source":"e","made_by":3,"doc":"f","tool":"g",
            "server":"h","wire_name":"i","command":"j","target":"k","framing":"patch","call_id":"l",
            "wait":"look",
            "phase":"m","inherited":true,"line":4,"offset":5,"length":6,"bytes":7,
            "hash":"0123456789abcdef0123456789abcdef","file":"n","form":"raw","cut_bytes":8,
            "mime":"o","width":9,"height":10,"detail":"p","dropped":"q","text":"r"}"#;
        let span: Span = serde_json::from_str(all).expect("a span");
        let written = serde_json::to_value(&span).expect("JSON");
        let schema = serde_json::to_value(schemars::schema_for!(Span)).expect("JSON");
        let keys = 1 + schema["properties"].as_object().expect("an object").len();
        assert_eq!(
            written.as_object().expect("an object").len(),
            keys,
            "a new key is missing here"
        );
        assert_eq!(Span::from(KeptSpan::from(span.clone())), span);
        let odd = Span {
            hash: Some("0X".into()),
            ..Span::default()
        };
        assert_eq!(Span::from(KeptSpan::from(odd.clone())), odd);
        assert!(size_of::<KeptSpan>() <= 304, "{}", size_of::<KeptSpan>());
    }
}
