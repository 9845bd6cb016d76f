//! Projection: rows of JSON with the fields that are asked for, and no others.
//!
//! A row is an object in an array of objects. A field is named by its path: `id`, `author.login`,
//! `labels.0.name`. What is kept stays where it is, as with `pick` of jq, so the same path finds it
//! afterwards. Values are copied as they are written, so numbers keep their digits.
//!
//! This room knows JSON. It does not know where the rows come from, nor which of them are wanted.

mod path;

use crate::json;
use path::Branch;

/// The fields that are asked for, and which of them some row had.
#[derive(Clone, Debug)]
pub struct Projection {
    fields: Vec<String>,
    found: Vec<bool>,
    root: Branch,
}

impl Projection {
    /// Creates a projection to these fields, each a path.
    ///
    /// A step of a path is the name of a member or the index of an element, from 0. Where a name
    /// meets an array, it is looked up in each element. `[0]` may be written for `.0`, a dot at the
    /// beginning and `[]` change nothing: `.labels[].name` is `labels.name`. A name that contains
    /// dots is found in the row itself.
    ///
    /// # Errors
    /// A path has a step without a name. The error is a message for the user.
    pub fn to<S: AsRef<str>>(fields: &[S]) -> Result<Projection, String> {
        let mut projection = Projection {
            fields: Vec::new(),
            found: Vec::new(),
            root: Branch::default(),
        };
        for field in fields {
            let steps = path::steps(field.as_ref())?;
            let name = steps.join(".");
            if projection.fields.contains(&name) {
                continue;
            }
            let at = projection.fields.len();
            if steps.len() > 1 {
                projection.root.add(std::slice::from_ref(&name), at);
            }
            projection.root.add(&steps, at);
            projection.fields.push(name);
            projection.found.push(false);
        }
        Ok(projection)
    }

    /// Returns the row with its fields only; `None` where it is not an object.
    pub fn row(&mut self, row: &str) -> Option<String> {
        if !row.starts_with('{') {
            return None;
        }
        let members = json::entries(row)?;
        let kept = self.root.members(&members, &mut self.found);
        Some(kept.unwrap_or_else(|| "{}".to_owned()))
    }

    /// Whether every field was found in some row.
    pub fn is_known(&self) -> bool {
        self.found.iter().all(|found| *found)
    }

    /// Returns the first field that no row had: it is most likely misspelt.
    pub fn unknown(&self) -> Option<&str> {
        let at = self.found.iter().position(|found| !found)?;
        self.fields.get(at).map(String::as_str)
    }
}

/// Returns the rows of an array; `None` where an element is no object, or the text is no array.
pub fn rows(array: &str) -> Option<Vec<&str>> {
    let elements = json::elements(array)?;
    let is_rows = elements.iter().all(|element| element.starts_with('{'));
    is_rows.then_some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projected(fields: &[&str], row: &str) -> String {
        Projection::to(fields).unwrap().row(row).unwrap()
    }

    #[test]
    fn a_field_stays_at_its_path_with_its_digits() {
        let row = r#"{"id":1.50,"author":{"login":"a","id":1e400},"labels":[{"name":"x","c":1},
            {"name":"y"},{}],"n":null,"none":[]}"#;
        let cases: [(&[&str], &str); 9] = [
            (&["n", "id"], r#"{"n":null,"id":1.50}"#),
            (&["author.id"], r#"{"author":{"id":1e400}}"#),
            (
                &["author.login", "id", ".author.id"],
                r#"{"author":{"login":"a","id":1e400},"id":1.50}"#,
            ),
            (&["labels.1.name"], r#"{"labels":[null,{"name":"y"}]}"#),
            (&["labels[0].c"], r#"{"labels":[{"c":1}]}"#),
            (
                &[".labels[].name"],
                r#"{"labels":[{"name":"x"},{"name":"y"},{}]}"#,
            ),
            (&["labels.9", "author.login.x", "none.0"], "{}"),
            (&["none.name"], r#"{"none":[]}"#),
            (
                &["author", "author.id"],
                r#"{"author":{"login":"a","id":1e400}}"#,
            ),
        ];
        for (fields, wanted) in cases {
            assert_eq!(projected(fields, row), wanted, "{fields:?}");
        }
    }

    #[test]
    fn a_name_with_dots_is_found_and_of_a_name_given_twice_the_last_counts() {
        let row = r#"{"service.name":"a","id":1,"id":2,"service":{"name":"b"}}"#;
        assert_eq!(
            projected(&["id", "service.name"], row),
            r#"{"id":2,"service.name":"a","service":{"name":"b"}}"#
        );
    }

    #[test]
    fn a_field_that_no_row_has_is_known_by_name() {
        let mut projection = Projection::to(&["id", "a.b", "id"]).unwrap();
        projection.row(r#"{"id":1,"a":{"c":2}}"#);
        assert_eq!(projection.unknown(), Some("a.b"));
        projection.row(r#"{"a":[{"b":null}]}"#);
        assert!(projection.is_known());
        assert!(Projection::to(&["a..b"]).is_err() && Projection::to(&[""]).is_err());
    }
}
