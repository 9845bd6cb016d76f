//! The published schemas, made from the types of the house.
//!
//! A record on the wire is the type of its first writer with the additions of later ones, so
//! their schemas are merged here; `x-writer` says at each key whose it is. The wire knows no
//! `null` (a key without a value is left out), so the schema knows none either.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use tok::record::{
    Addition, Billed, Carried, Checked, Copied, Coverage, DedupedBy, Disk, Event, Export, Finding,
    Forgotten, Ledger, Measured, MeasuredBy, PredictedBy, Priced, RankedBy, Replayed, Request,
    Session, Skip, Span, Stream, Summary, Total, Unread, Usage, WhatIf, WhatIfRequest,
};

/// A record type on the wire: its name and its writers, each with the schema of his keys.
struct Wire {
    name: &'static str,
    parts: Vec<(&'static str, Value)>,
}

fn wires() -> Vec<Wire> {
    let one = |name, writer, schema| Wire {
        name,
        parts: vec![(writer, schema)],
    };
    vec![
        Wire {
            name: "stream",
            parts: vec![
                ("tok-split", of::<Stream>()),
                ("tok-measure", of::<MeasuredBy>()),
                ("tok-dedup", of::<DedupedBy>()),
                ("tok-usage-join", of::<Priced>()),
                ("tok-usage-join", of::<PredictedBy>()),
                ("tok-rank", of::<RankedBy>()),
            ],
        },
        Wire {
            name: "session",
            parts: vec![
                ("tok-split", of::<Session>()),
                ("tok-usage-join", of::<Replayed>()),
            ],
        },
        Wire {
            name: "span",
            parts: vec![
                ("tok-split", of::<Span>()),
                ("tok-measure", of::<Measured>()),
                ("tok-dedup", of::<Copied>()),
                ("tok-usage-join", of::<Carried>()),
            ],
        },
        Wire {
            name: "request",
            parts: vec![
                ("tok-split", of::<Request>()),
                ("tok-usage-join", of::<Billed>()),
            ],
        },
        one("event", "tok-split", of::<Event>()),
        one("disk", "tok-split", of::<Disk>()),
        one("total", "tok-usage-join", of::<Total>()),
        one("usage", "tok-usage-join", of::<Usage>()),
        one("export", "tok-usage-join", of::<Export>()),
        Wire {
            name: "ledger",
            parts: vec![
                ("tok-split", of::<Ledger>()),
                ("tok-usage-join", of::<Checked>()),
            ],
        },
        one("finding", "tok-rank", of::<Finding>()),
        one("summary", "tok-rank", of::<Summary>()),
        one("whatif", "tok-whatif", of::<WhatIf>()),
        one("whatif_request", "tok-whatif", of::<WhatIfRequest>()),
        one("skip", "any reader", of::<Skip>()),
        Wire {
            name: "coverage",
            parts: vec![
                ("tok-split", of::<Coverage>()),
                ("tok-measure", of::<Unread>()),
                ("tok-dedup", of::<Forgotten>()),
            ],
        },
    ]
}

/// Every record type with its schema, in the order of a stream.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    wires()
        .into_iter()
        .map(|wire| (wire.name, merged(wire)))
        .collect()
}

/// Every key of every record type with its writer, as `(type, writer, key)`.
pub(crate) fn writers() -> Vec<(&'static str, &'static str, String)> {
    let mut all = Vec::new();
    for wire in wires() {
        for (writer, schema) in wire.parts {
            all.extend(
                keys_of(&schema)
                    .into_iter()
                    .map(|key| (wire.name, writer, key)),
            );
        }
    }
    all
}

/// Every addition: its name, the keys of its schema, and those its `KEYS` lists.
pub(crate) fn additions() -> Vec<(&'static str, BTreeSet<String>, BTreeSet<String>)> {
    fn row<T: Addition + JsonSchema>(
        name: &'static str,
    ) -> (&'static str, BTreeSet<String>, BTreeSet<String>) {
        (
            name,
            keys_of(&of::<T>()),
            T::KEYS.iter().map(|key| (*key).to_owned()).collect(),
        )
    }
    vec![
        row::<Measured>("Measured"),
        row::<Copied>("Copied"),
        row::<Carried>("Carried"),
        row::<Billed>("Billed"),
        row::<Priced>("Priced"),
        row::<PredictedBy>("PredictedBy"),
        row::<MeasuredBy>("MeasuredBy"),
        row::<DedupedBy>("DedupedBy"),
        row::<RankedBy>("RankedBy"),
        row::<Unread>("Unread"),
        row::<Forgotten>("Forgotten"),
    ]
}

/// The keys of a record, and those of the objects in it: `tokens`, `shape`, `shape.escapes`,
/// `blocks[].hash`.
pub(crate) fn paths(schema: &Value) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let no_definitions = json!({});
    let definitions = schema.get("$defs").unwrap_or(&no_definitions);
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        paths.insert(key.clone());
        let items = value.get("items");
        let target = items
            .unwrap_or(value)
            .get("$ref")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let inner = definitions
            .get(target.trim_start_matches("#/$defs/"))
            .unwrap_or(&Value::Null);
        let dot = if items.is_some() { "[]." } else { "." };
        paths.extend(
            keys_of(inner)
                .into_iter()
                .map(|inner| format!("{key}{dot}{inner}")),
        );
    }
    paths
}

fn keys_of(schema: &Value) -> BTreeSet<String> {
    schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect()
}

fn of<T: JsonSchema>() -> Value {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    without_links(&mut schema);
    schema
}

/// Turns the links of the doc comments into plain words: a reader of the schema has no rustdoc.
fn without_links(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(without_links),
        Value::Object(object) => {
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text
                    .replace("[`", "`")
                    .replace("`]", "`")
                    .replace("super::", "")
                    .replace("crate::record::", "");
                *text = text.replace('\n', " ");
            }
            object.values_mut().for_each(without_links);
        }
        _ => {}
    }
}

/// Takes the `null` out of `["string", "null"]` and of `anyOf: [X, null]`.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(without_null),
        Value::Object(object) => {
            object.values_mut().for_each(without_null);
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                let [only] = types.as_slice() else { return };
                let only = only.clone();
                object.insert("type".into(), only);
            }
            if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
                let [Value::Object(only)] = choices.as_slice() else {
                    return;
                };
                let only = only.clone();
                object.remove("anyOf");
                object.extend(only);
            }
        }
        _ => {}
    }
}

fn merged(wire: Wire) -> Value {
    let (mut properties, mut definitions) = (Map::new(), BTreeMap::new());
    let (mut required, mut description) = (Vec::new(), Value::Null);
    properties.insert(
        "type".into(),
        json!({"const": wire.name, "description": "Type of the record, first on the line."}),
    );
    for (writer, mut schema) in wire.parts {
        for (key, mut value) in schema["properties"]
            .as_object_mut()
            .map(std::mem::take)
            .unwrap_or_default()
        {
            value["x-writer"] = json!(writer);
            properties.insert(key, value);
        }
        definitions.extend(
            schema
                .get("$defs")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        );
        if description.is_null() {
            // What is required is what the first writer always writes.
            description = schema["description"].take();
            required = vec![json!("type")];
            required.extend(schema["required"].as_array().cloned().unwrap_or_default());
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": wire.name,
        "description": description,
        "type": "object",
        "properties": properties,
        "required": required,
        "$defs": definitions,
    })
}
