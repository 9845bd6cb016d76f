//! The structure of a report, as comrak (a parser of GitHub's markdown) reads it. The fuzz target
//! of reports checks the same structure.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

/// Returns the kinds of blocks and the number of cells of each table row: a name must not change
/// them. Panics if a name appears outside of code with a character that can act as markup.
pub(super) fn shape(markdown: &str) -> Vec<String> {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    let mut shape = Vec::new();
    for node in parse_document(&arena, markdown, &options).descendants() {
        let ast = node.data.borrow();
        match &ast.value {
            // Text of the program has none of these characters.
            NodeValue::Text(text) => {
                assert!(
                    !text.contains(['@', '#', '<', '>', '[', ']', '`', '|', '\\']),
                    "{text:?} in\n{markdown}"
                )
            }
            NodeValue::Code(_) | NodeValue::SoftBreak => {}
            // Only what folds a section, with a title of the program's own.
            NodeValue::HtmlBlock(html) => {
                let html = html.literal.trim();
                let inner = html
                    .strip_prefix("<details><summary>")
                    .and_then(|rest| rest.strip_suffix("</summary>"));
                assert!(
                    html == "</details>" || inner.is_some_and(|title| !title.contains(['<', '&'])),
                    "{html:?} in\n{markdown}"
                );
                shape.push("fold".to_owned());
            }
            NodeValue::CodeBlock(block) => shape.push(format!("fence {}", block.info)),
            NodeValue::TableRow(_) => shape.push(format!("row of {}", node.children().count())),
            NodeValue::Document
            | NodeValue::Heading(_)
            | NodeValue::Paragraph
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Strong
            | NodeValue::Table(_)
            | NodeValue::TableCell => shape.push(ast.value.xml_node_name().to_owned()),
            other => panic!("{} in\n{markdown}", other.xml_node_name()),
        }
    }
    shape
}
