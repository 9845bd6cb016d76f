//! Threads made by hand, and what the bill says of them.

use super::{Content, History};
use crate::record::{Billed, Carried, Event, Framing, Part, Request, Role};

/// What stands between two requests; numbers are tokens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// A call: its arguments, and the qualified name of its tool.
    Call(u64, u64),
    /// A call of a server's tool.
    OfServer(u64, u64),
    /// A call of the freeform patch tool.
    Patch(u64, u64),
    /// A call whose arguments the model wrote with blanks: as written, as sent, and the name.
    Spaced(u64, u64, u64),
    /// A call that completes a default: see `completes` of a counter.
    Edit(u64),
    /// A call that the provider serves itself.
    Search(u64),
    /// What a call returned.
    Output(u64),
    /// The same, as it is on disk and as it is sent.
    Shell(u64, u64),
    /// What an `Edit` returned.
    Edited(u64),
    /// What a search for tools returned: its text says little.
    Tools(u64),
    /// A message of the assistant; the agent does not say whether it closes the turn.
    Says(u64),
    /// One that does not, and one that does, as the agent says.
    Comments(u64),
    Answers(u64),
    User(u64),
    Developer(u64),
    /// Another part of the item before.
    More(u64),
    /// An image of the user's, one beside the text before, and one that a tool returned.
    Image(u64),
    ImageBeside(u64),
    ImageReturned(u64),
    /// An image of which nothing is known.
    Unseen,
    /// Reasoning, in an encrypted text of so many bytes.
    Sealed(u64),
    /// Reasoning of which the file holds so much.
    Thought(u64),
    /// Content that no law predicts.
    Opaque(u64),
}

use Item::*;

impl Item {
    fn content(self) -> Content<'static> {
        let made = |part| Content {
            role: Role::Assistant,
            part,
            ..Content::default()
        };
        let call = |tool, tokens, name| Content {
            tool,
            tokens: Some(tokens),
            tool_tokens: Some(name),
            ..made(Part::ToolCall)
        };
        let output = |tool, tokens| Content {
            role: Role::Tool,
            part: Part::ToolOutput,
            tool,
            tokens: Some(tokens),
            ..Content::default()
        };
        let framed = |framing, content| Content {
            framing: Some(framing),
            ..content
        };
        let text = |role, tokens| Content {
            role,
            part: Part::Text,
            source: "user",
            tokens: Some(tokens),
            ..Content::default()
        };
        let image = |role, tokens| Content {
            part: Part::Image,
            tokens,
            ..text(role, 0)
        };
        match self {
            Call(tokens, name) => call("shell", tokens, name),
            OfServer(tokens, name) => Content {
                server: "docs",
                ..call("find", tokens, name)
            },
            Patch(tokens, name) => framed(Framing::Patch, call("apply_patch", tokens, name)),
            Spaced(written, sent, name) => Content {
                rendered: Some(sent),
                ..call("shell", written, name)
            },
            Edit(tokens) => framed(Framing::DefaultArgument, call("Edit", tokens, 0)),
            Search(tokens) => framed(Framing::ProviderSearch, call("web_search", tokens, 2)),
            Output(tokens) => output("shell", tokens),
            Shell(tokens, sent) => Content {
                rendered: Some(sent),
                ..output("shell", tokens)
            },
            Edited(tokens) => framed(Framing::DefaultArgument, output("Edit", tokens)),
            Tools(tokens) => framed(Framing::RenderedAnew, output("tool_search", tokens)),
            Says(tokens) => text(Role::Assistant, tokens),
            Comments(tokens) => Content {
                phase: "commentary",
                ..text(Role::Assistant, tokens)
            },
            Answers(tokens) => Content {
                phase: "final_answer",
                ..text(Role::Assistant, tokens)
            },
            User(tokens) | More(tokens) => text(Role::User, tokens),
            Developer(tokens) => text(Role::Developer, tokens),
            Image(tokens) | ImageBeside(tokens) => image(Role::User, Some(tokens)),
            ImageReturned(tokens) => image(Role::Tool, Some(tokens)),
            Unseen => image(Role::User, None),
            Sealed(bytes) => Content {
                sealed_bytes: Some(bytes),
                ..made(Part::Reasoning)
            },
            Thought(tokens) => Content {
                tokens: Some(tokens),
                ..made(Part::Reasoning)
            },
            Opaque(tokens) => Content {
                part: Part::Opaque,
                ..text(Role::User, tokens)
            },
        }
    }
}

/// A thread on its way.
#[derive(Default)]
pub(super) struct ByHand {
    pub(super) history: History,
    pub(super) model: &'static str,
    seq: u64,
    n: u64,
    line: u64,
}

impl ByHand {
    /// A thread of a model, with nothing in it.
    pub(super) fn by(model: &'static str) -> ByHand {
        ByHand {
            model,
            ..ByHand::default()
        }
    }

    /// Items stand here; what an assistant made is of the latest request.
    pub(super) fn add(mut self, items: &[Item]) -> ByHand {
        for item in items {
            self.line += u64::from(!matches!(item, More(_) | ImageBeside(_)));
            let line = Some(self.line);
            self = self.content(Content {
                line,
                ..item.content()
            });
        }
        self
    }

    /// A span stands here.
    pub(super) fn content(mut self, content: Content) -> ByHand {
        self.seq += 1;
        let made = content.role == Role::Assistant && self.n > 0;
        self.history.span(&Content {
            seq: self.seq,
            made_by: made.then_some(self.n),
            bytes: 4 * content.tokens.unwrap_or(0),
            weight: 1,
            ..content
        });
        self
    }

    /// A request stands here that reports so much input.
    pub(super) fn reports(self, input: u64) -> ByHand {
        self.request(Request {
            input_tokens: Some(input),
            ..Request::default()
        })
    }

    /// A request stands here.
    pub(super) fn request(mut self, request: Request) -> ByHand {
        (self.seq, self.n) = (self.seq + 1, self.n + 1);
        self.history.request(&Request {
            thread: "t".into(),
            n: self.n,
            counted: true,
            model: request.model.or(Some(self.model.into())),
            ..request
        });
        self
    }

    /// An event stands here.
    pub(super) fn event(mut self, event: Event) -> ByHand {
        self.seq += 1;
        self.history.event(&event);
        self
    }

    /// What is said of its requests.
    pub(super) fn billed(&self) -> Vec<Billed> {
        self.history.replay().requests().collect()
    }

    /// What is said of the latest.
    pub(super) fn last(&self) -> Billed {
        self.billed().pop().expect("a request")
    }

    /// What is said of its spans.
    pub(super) fn spans(&self) -> Vec<Carried> {
        self.history.replay().spans().collect()
    }

    /// Tokens of each span when it is sent.
    pub(super) fn sizes(&self) -> Vec<u64> {
        self.spans()
            .iter()
            .map(|span| span.sent_tokens.unwrap_or(0))
            .collect()
    }

    /// What the replay found: the reason of each event, its request and its tokens.
    pub(super) fn found(&self) -> Vec<(String, u64, u64)> {
        let events = self.history.replay().events("t", "s", self.seq);
        let row = |event: Event| {
            let name = event.reason.unwrap_or_else(|| format!("{:?}", event.what));
            (name, event.n.unwrap_or(0), event.tokens.unwrap_or(0))
        };
        events.into_iter().map(row).collect()
    }

    /// By how much the laws predict the latest request to be longer than the one before.
    pub(super) fn step(&self) -> u64 {
        let predicted = |billed: &Billed| billed.predicted_tokens.expect("a prediction");
        match self.billed().as_slice() {
            [.., from, to] => predicted(to) - predicted(from),
            _ => 0,
        }
    }
}
