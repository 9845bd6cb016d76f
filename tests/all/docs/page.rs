//! A man page in mdoc, read for what tests want to know of it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::Example;

/// One man page.
pub(super) struct Page {
    /// `man/tok-split.1`
    pub(super) file: String,
    /// `tok-split`
    pub(super) name: String,
    /// Its source.
    pub(super) text: String,
}

impl Page {
    pub(super) fn read(path: &Path) -> Page {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Page {
            name: file
                .rsplit_once('.')
                .map_or(file.clone(), |(name, _)| name.to_owned()),
            file: format!("man/{file}"),
            text,
        }
    }

    /// Its runnable examples: `.Dl $ COMMAND`.
    pub(super) fn examples(&self) -> Vec<Example> {
        let lines: Vec<&str> = self.text.lines().chain([""]).collect();
        let pairs = lines
            .windows(2)
            .filter_map(|pair| Some((pair[0].strip_prefix(".Dl $ ")?, pair[1])));
        let example = |(command, next): (&str, &str)| Example {
            file: self.file.clone(),
            command: plain(command),
            status: stated_status(next),
        };
        pairs.map(example).collect()
    }

    /// The flags it describes: those of its `.It Fl` lines, as they are typed. `Fl q , Fl -quiet`
    /// and `Fl q , -quiet` both print as `-q, --quiet`.
    pub(super) fn flags(&self) -> BTreeSet<String> {
        let mut flags = BTreeSet::new();
        for item in self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix(".It Fl "))
        {
            let mut is_flag = true;
            for word in item.split_whitespace() {
                match word {
                    "Fl" => is_flag = true,
                    "," => {}
                    word if word.len() == 2
                        && word.starts_with(|c: char| c.is_ascii_uppercase()) =>
                    {
                        is_flag = false
                    }
                    word if is_flag => drop(flags.insert(format!("-{word}"))),
                    _ => {}
                }
            }
        }
        flags
    }

    /// The keys it describes for this record type: the `.It Cm` lines of its subsection.
    pub(super) fn keys(&self, kind: &str) -> BTreeSet<String> {
        let lines = self
            .subsection(kind)
            .filter_map(|line| line.strip_prefix(".It Cm "));
        lines
            .flat_map(|line| line.split(" , ").map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// The example records in the subsection of this type, wherever it breaks their lines.
    pub(super) fn records(&self, kind: &str) -> Vec<Value> {
        let literal: String = self
            .subsection(kind)
            .skip_while(|line| !line.starts_with(".Bd"))
            .skip(1)
            .take_while(|line| !line.starts_with(".Ed"))
            .flat_map(|line| [plain(line), "\n".to_owned()])
            .collect();
        let values = serde_json::Deserializer::from_str(&literal).into_iter();
        values
            .map(|value| value.unwrap_or_else(|e| panic!("{}: example of {kind}: {e}", self.file)))
            .collect()
    }

    fn subsection<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let title = format!(".Ss {name}");
        let ends = |line: &&str| !line.starts_with(".Ss ") && !line.starts_with(".Sh ");
        self.text
            .lines()
            .skip_while(move |line| *line != title)
            .skip(1)
            .take_while(ends)
    }
}

/// The status that a line after an example states: `exit status 3`; 0 where it states none.
pub(super) fn stated_status(line: &str) -> i32 {
    let stated = line
        .split_once("exit status ")
        .map(|(_, rest)| rest.trim_end_matches(['.', ':', ',']));
    stated
        .and_then(|status| status.split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// Takes the escapes of roff out of a line.
fn plain(line: &str) -> String {
    line.replace("\\(aq", "'")
        .replace("\\(dq", "\"")
        .replace("\\&", "")
        .replace("\\-", "-")
        .replace("\\e", "\\")
}
