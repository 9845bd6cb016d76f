//! A record stream: whatever it holds, a filter that reads every type sees it in order, and what a
//! filter adds to a line leaves the rest of the line as it was.
#![no_main]

use std::io::BufReader;

use anyhow::Result;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use tok::record::{
    Billed, Carried, Checked, Copied, Coverage, Disk, Event, Export, Finding, Ledger, Measured,
    Priced, Replayed, Request, Session, Skip, Span, Stream, Summary, Total, Type, Usage, WhatIf,
    WhatIfRequest,
};
use tok::skip::Skips;
use tok::stream::{self, Filter, Record, Sink, extended};
use tok_fuzz::faults;

struct Reads;

impl Filter for Reads {
    fn take(&mut self, record: Record, out: &mut Sink) -> Result<()> {
        match record.kind {
            Type::Stream => drop((record.read::<Stream>()?, record.read::<Priced>()?)),
            Type::Session => drop((record.read::<Session>()?, record.read::<Replayed>()?)),
            Type::Span => {
                drop((
                    record.read::<Span>()?,
                    record.read::<Measured>()?,
                    record.read::<Carried>()?,
                ));
                record.read::<Copied>()?;
                return adds(&record, out);
            }
            Type::Request => drop((record.read::<Request>()?, record.read::<Billed>()?)),
            Type::Event => drop(record.read::<Event>()?),
            Type::Disk => drop(record.read::<Disk>()?),
            Type::Total => drop(record.read::<Total>()?),
            Type::Usage => drop(record.read::<Usage>()?),
            Type::Export => drop(record.read::<Export>()?),
            Type::Ledger => drop((record.read::<Ledger>()?, record.read::<Checked>()?)),
            Type::Finding => drop(record.read::<Finding>()?),
            Type::Summary => drop(record.read::<Summary>()?),
            Type::WhatIf => drop(record.read::<WhatIf>()?),
            Type::WhatIfRequest => drop(record.read::<WhatIfRequest>()?),
            Type::Skip => drop(record.read::<Skip>()?),
            Type::Coverage => drop(record.read::<Coverage>()?),
            Type::Partial | Type::Other => {}
        }
        out.pass(&record)
    }
}

/// Adds to a span what tok-dedup adds.
fn adds(record: &Record, out: &mut Sink) -> Result<()> {
    let more = Copied {
        copy_of: Some("a.1".into()),
        copy_scope: None,
        dup_tokens: Some(7),
    };
    let mut line = Vec::new();
    extended(record.line, &more, &mut line)?;
    let before: Map<String, Value> = serde_json::from_str(record.line)?;
    let mut after: Map<String, Value> = serde_json::from_slice(&line)?;
    assert_eq!(
        (after.remove("copy_of"), after.remove("dup_tokens")),
        (Some("a.1".into()), Some(7.into()))
    );
    let kept = before
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "copy_of" | "copy_scope" | "dup_tokens"));
    assert!(kept.eq(after.iter()), "{}", record.line);
    out.line(&line)
}

fuzz_target!(|data: &[u8]| {
    let (mut out, mut skips) = (Vec::new(), Skips::default());
    let ran = stream::run(
        &mut Reads,
        &mut BufReader::new(data),
        &mut Sink::new(Box::new(&mut out)),
        &mut skips,
    );
    for line in out
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let text = std::str::from_utf8(line).expect("UTF-8 goes out");
        assert!(text.trim_start().starts_with('{'), "{text}");
    }
    if let Err(e) = ran {
        assert!(!e.to_string().contains('\n'), "a message is one line: {e}");
    }
    drop(faults(data));
});
