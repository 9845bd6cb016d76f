//! The elements of a page, as html5ever finds them.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata};
use html5ever::tokenizer::{
    BufferQueue, StartTag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
};

/// Elements that have no end.
const VOID: &[&str] = &["meta", "br", "hr", "img", "input", "link", "base"];

/// A start of an element.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

#[derive(Default)]
struct TagSink {
    tags: RefCell<Vec<Tag>>,
    open: RefCell<Vec<String>>,
    errors: RefCell<Vec<String>>,
}

impl TokenSink for TagSink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let tag = match token {
            TagToken(tag) => tag,
            Token::ParseError(error) => {
                self.errors.borrow_mut().push(error.into_owned());
                return TokenSinkResult::Continue;
            }
            _ => return TokenSinkResult::Continue,
        };
        let name = tag.name.to_string();
        if tag.kind != StartTag {
            let open = self.open.borrow_mut().pop();
            if open.as_deref() != Some(name.as_str()) {
                let error = format!("{open:?} ends as {name}");
                self.errors.borrow_mut().push(error);
            }
            return TokenSinkResult::Continue;
        }
        let mut attributes = Vec::new();
        for attribute in &tag.attrs {
            let value = attribute.value.to_string();
            attributes.push((attribute.name.local.to_string(), value));
        }
        if !VOID.contains(&name.as_str()) {
            self.open.borrow_mut().push(name.clone());
        }
        let is_in_drawing = self.open.borrow().iter().any(|open| open == "svg");
        let answer = match name.as_str() {
            "style" => TokenSinkResult::RawData(Rawtext),
            "title" if !is_in_drawing => TokenSinkResult::RawData(Rcdata),
            _ => TokenSinkResult::Continue,
        };
        self.tags.borrow_mut().push(Tag { name, attributes });
        answer
    }
}

/// Returns the starts of all elements. Fails where the page has an error, or where elements do not
/// end in the order in which they began.
pub(super) fn tags(page: &str) -> Vec<Tag> {
    let tokenizer = Tokenizer::new(TagSink::default(), Default::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(page));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let sink = tokenizer.sink;
    let errors = sink.errors.into_inner();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(sink.open.into_inner().is_empty(), "an element has no end");
    sink.tags.into_inner()
}
