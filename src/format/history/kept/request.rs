//! A request in its small form.

use std::mem::take;
use std::sync::Arc;

use super::words::{Words, digest, hex, own};
use crate::record::{ContextBy, Purpose, Request, Uncounted};

/// A request of a thread that has not ended; fields are named as in [`Request`].
#[derive(Clone, Default)]
pub struct KeptRequest {
    pub(in crate::format) at: Option<String>,
    pub(in crate::format) turn: Option<u64>,
    key: Option<[u8; 16]>,
    pub(in crate::format) model: Option<Arc<str>>,
    service_tier: Option<Arc<str>>,
    speed: Option<Arc<str>>,
    inference_geo: Option<Arc<str>>,
    pub(in crate::format) web_searches: Option<u64>,
    pub(in crate::format) counted: bool,
    pub(in crate::format) uncounted: Option<Uncounted>,
    pub(in crate::format) input_tokens: Option<u64>,
    pub(in crate::format) cache_read_tokens: Option<u64>,
    pub(in crate::format) cache_write_tokens: Option<u64>,
    pub(in crate::format) cache_write_1h_tokens: Option<u64>,
    pub(in crate::format) output_tokens: Option<u64>,
    output_known: Option<bool>,
    pub(in crate::format) reasoning_tokens: Option<u64>,
    reports: Option<u64>,
    pub(in crate::format) purpose: Option<Purpose>,
    pub(in crate::format) context_by: Option<ContextBy>,
    pub(in crate::format) line: Option<u64>,
    /// The other keys, if there are any.
    rest: Option<Box<Request>>,
}

impl KeptRequest {
    /// Makes the small form of a request; texts are shared in `words`.
    pub(in crate::format::history) fn sharing(
        mut request: Request,
        words: &mut Words,
    ) -> KeptRequest {
        let mut share = |text: String| words.share(text);
        let key = request.key.as_deref().and_then(digest);
        if key.is_some() {
            request.key = None;
        }
        let mut kept = KeptRequest {
            at: take(&mut request.at),
            turn: take(&mut request.turn),
            key,
            model: take(&mut request.model).map(&mut share),
            service_tier: take(&mut request.service_tier).map(&mut share),
            speed: take(&mut request.speed).map(&mut share),
            inference_geo: take(&mut request.inference_geo).map(&mut share),
            web_searches: take(&mut request.web_searches),
            counted: take(&mut request.counted),
            uncounted: take(&mut request.uncounted),
            input_tokens: take(&mut request.input_tokens),
            cache_read_tokens: take(&mut request.cache_read_tokens),
            cache_write_tokens: take(&mut request.cache_write_tokens),
            cache_write_1h_tokens: take(&mut request.cache_write_1h_tokens),
            output_tokens: take(&mut request.output_tokens),
            output_known: take(&mut request.output_known),
            reasoning_tokens: take(&mut request.reasoning_tokens),
            reports: take(&mut request.reports),
            purpose: take(&mut request.purpose),
            context_by: take(&mut request.context_by),
            line: take(&mut request.line),
            rest: None,
        };
        if request != Request::default() {
            kept.rest = Some(Box::new(request));
        }
        kept
    }

    /// Changes any keys of the request.
    pub(in crate::format) fn change<T>(
        &mut self,
        words: &mut Words,
        change: impl FnOnce(&mut Request) -> T,
    ) -> T {
        let mut request = Request::from(take(self));
        let done = change(&mut request);
        *self = KeptRequest::sharing(request, words);
        done
    }

    /// The instant of the report.
    pub fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// The keys of [`Request`] that few requests have.
    pub(in crate::format) fn rest(&mut self) -> &mut Request {
        self.rest.get_or_insert_default()
    }
}

impl From<Request> for KeptRequest {
    fn from(request: Request) -> KeptRequest {
        KeptRequest::sharing(request, &mut Words::default())
    }
}

impl From<KeptRequest> for Request {
    fn from(kept: KeptRequest) -> Request {
        let rest = match kept.rest {
            Some(rest) => *rest,
            None => Request::default(),
        };
        Request {
            at: kept.at,
            turn: kept.turn,
            key: kept.key.map(hex).or(rest.key),
            model: own(kept.model),
            service_tier: own(kept.service_tier),
            speed: own(kept.speed),
            inference_geo: own(kept.inference_geo),
            web_searches: kept.web_searches,
            counted: kept.counted,
            uncounted: kept.uncounted,
            input_tokens: kept.input_tokens,
            cache_read_tokens: kept.cache_read_tokens,
            cache_write_tokens: kept.cache_write_tokens,
            cache_write_1h_tokens: kept.cache_write_1h_tokens,
            output_tokens: kept.output_tokens,
            output_known: kept.output_known,
            reasoning_tokens: kept.reasoning_tokens,
            reports: kept.reports,
            purpose: kept.purpose,
            context_by: kept.context_by,
            line: kept.line,
            ..rest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_request_is_kept() {
        // All keys, each with a value of its own.
        let all = r#"{"type":"request","thread":"a","session":"b","id":"c","seq":1,"n":2,"at":"d",
            "turn":3,"project":"e","key":"0123456789abcdef0123456789abcdef","model":"f",
            "reason":"g","service_tier":"h","speed":"i","inference_geo":"j",
            "web_searches":4,"counted":true,"uncounted":"estimate","cut_text_bytes":5,
            "cut_output_bytes":6,"head_tokens":7,"input_tokens":8,"cache_read_tokens":9,
            "cache_write_tokens":10,"cache_write_1h_tokens":11,"output_tokens":12,
            "output_known":false,"reasoning_tokens":13,
            "copy_reported_tokens":[14,15,16,17,18],"reports":19,
            "reported_output_tokens":20,"purpose":"advisor","samplings":[{"input_tokens":21,
            "cache_read_tokens":22,"cache_write_tokens":23,"cache_write_1h_tokens":24,
            "output_tokens":25}],"cache_miss_reason":"k","cache_missed_tokens":26,
            "changes":["l"],"changed_servers":["m"],"context_by":"log",
            "unresolved_messages":27,"cache_marks":["n"],"line":28}"#;
        let request: Request = serde_json::from_str(all).expect("a request");
        let written = serde_json::to_value(&request).expect("JSON");
        let schema = serde_json::to_value(schemars::schema_for!(Request)).expect("JSON");
        let keys = 1 + schema["properties"].as_object().expect("an object").len();
        assert_eq!(
            written.as_object().expect("an object").len(),
            keys,
            "a new key is missing here"
        );
        assert_eq!(Request::from(KeptRequest::from(request.clone())), request);
        assert!(
            size_of::<KeptRequest>() <= 312,
            "{}",
            size_of::<KeptRequest>()
        );
    }
}
