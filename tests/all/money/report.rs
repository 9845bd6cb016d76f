//! The ten lines that a report opens with, against figures that jq adds up from the records.
//!
//! `figures.jq` takes requests, totals, events and findings, never the summary, so that a mistake
//! in either is seen. The lines are put into words here once more, with the numbers as they are
//! shown.

use serde_json::Value;
use tok::number::{bytes, counted, grouped, percent, percent_usd, signed, tokens, usd};
use tok::record::Usd;

use crate::run;

/// The figures of a stream, as `figures.jq` gives them.
struct Figures(Value);

impl Figures {
    fn of(stream: &[u8]) -> Figures {
        let answer = run::sh("jq -c -n -f tests/all/money/figures.jq", stream);
        assert_eq!((answer.status, answer.err.as_str()), (0, ""));
        Figures(serde_json::from_slice(&answer.out).expect("figures are JSON"))
    }

    fn at(&self, path: &str) -> &Value {
        self.0.pointer(path).unwrap_or(&Value::Null)
    }

    fn n(&self, path: &str) -> u64 {
        self.at(path).as_u64().unwrap_or_default()
    }

    fn text(&self, path: &str) -> String {
        self.at(path).as_str().unwrap_or_default().to_owned()
    }

    fn usd(&self, path: &str) -> Usd {
        pico(self.at(path))
    }

    /// Numbers by name, none of them nothing; the largest first, equals by name.
    fn largest(&self, path: &str) -> Vec<(String, i64)> {
        let all = self.at(path).as_object().into_iter().flatten();
        let mut all: Vec<_> = all
            .map(|(name, n)| (name.clone(), n.as_i64().unwrap_or_default()))
            .filter(|(_, n)| *n != 0)
            .collect();
        all.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        all
    }

    fn priced(&self) -> bool {
        self.n("/unpriced") < self.n("/requests")
    }

    fn title(&self) -> String {
        let sessions = self.largest("/sessions");
        let first = |(n, (agent, sessions)): (usize, &(String, i64))| match n {
            0 => format!("{agent} {}", counted(sessions.unsigned_abs(), "session")),
            _ => format!("{agent} {sessions}"),
        };
        let agents = sessions
            .iter()
            .enumerate()
            .map(first)
            .collect::<Vec<_>>()
            .join(", ");
        let others =
            self.n("/threads") - sessions.iter().map(|(_, n)| n.unsigned_abs()).sum::<u64>();
        let others = if others > 0 {
            format!(" + {}", counted(others, "other thread"))
        } else {
            String::new()
        };
        let days = [self.text("/first"), self.text("/last")]
            .map(|at| at.chars().take(10).collect::<String>());
        let read = bytes(self.n("/coverage/bytes"));
        format!(
            "{} to {}, UTC   {agents}{others}   {read} read, ",
            days[0], days[1]
        )
    }

    fn cost(&self) -> String {
        let cached = percent(self.n("/cached"), self.n("/input"));
        format!(
            "{} at list prices of {}, {} unpriced, {} in ({cached} cached), {} out, {}",
            usd(self.usd("/usd")),
            self.text("/prices"),
            grouped(self.n("/unpriced")),
            tokens(self.n("/input")),
            tokens(self.n("/output")),
            counted(self.n("/requests"), "request"),
        )
    }

    fn dearest(&self) -> String {
        let cost = self.usd("/dearest/usd");
        let minute = self
            .text("/dearest/session/started")
            .chars()
            .take(16)
            .collect::<String>()
            .replace('T', " ");
        let branch = self
            .at("/dearest/session/branch")
            .as_str()
            .map_or(String::new(), |name| format!(" ({name})"));
        let project = self.text("/dearest/session/project");
        let (model, _) = self.largest("/dearest/models").swap_remove(0);
        let share = percent_usd(cost, self.usd("/usd"));
        format!(
            "{} ({share}) is one session: {minute}  {project}{branch}  {model}",
            usd(cost)
        )
    }

    fn what(&self) -> String {
        let kinds = self.largest("/content_usd");
        kinds
            .iter()
            .map(|(kind, n)| format!("{kind} {}", usd(pico(&(*n).into()))))
            .collect::<Vec<_>>()
            .join("  ")
    }

    fn how(&self) -> String {
        let [first, cached, uncached, output] = ["first", "cached", "uncached", "output"]
            .map(|part| usd(self.usd(&format!("/usd_of/{part}"))));
        let breaks = match self.n("/breaks") {
            n if n > 0 => {
                format!(
                    " ({} {})",
                    counted(n, "cache break"),
                    usd(self.usd("/break_usd"))
                )
            }
            _ => String::new(),
        };
        let fees = self.usd("/usd_of/fee");
        let fees = if fees == Usd::ZERO {
            String::new()
        } else {
            format!("  web searches {}", usd(fees))
        };
        format!(
            "first sent {first}  re-sent cached {cached}  re-sent uncached {uncached}{breaks}  \
             generated {output}{fees}"
        )
    }

    fn trust(&self) -> String {
        let mut parts = Vec::new();
        if self.n("/steps") > 0 {
            parts.push(format!(
                "{} of {} explained",
                grouped(self.n("/explained")),
                counted(self.n("/steps"), "step")
            ));
        }
        let charged: u64 = ["first", "cached", "uncached"]
            .iter()
            .map(|part| self.n(&format!("/total/{part}")))
            .sum();
        assert_eq!(charged, self.n("/input"), "totals are the requests");
        assert_eq!(
            self.n("/total/output"),
            self.n("/output"),
            "totals are the requests"
        );
        parts.push("sums to the reported input".into());
        if self.n("/naive") != self.n("/usd") {
            let counts = [
                ("copy", "copies"),
                ("fork", "forks"),
                ("repeated", ""),
                ("unreported", ""),
            ];
            let why = counts.iter().filter_map(|(reason, several)| {
                let n = self.at(&format!("/naive_why/{reason}")).as_u64()?;
                Some(match *reason {
                    "repeated" => format!("{} repeats", grouped(n)),
                    "unreported" => format!("{} unlisted", grouped(n)),
                    one => format!("{} {}", grouped(n), if n == 1 { one } else { several }),
                })
            });
            let why = why.collect::<Vec<_>>().join(", ");
            parts.push(format!("a plain sum: {} ({why})", usd(self.usd("/naive"))));
        }
        let mut reasons = self.largest("/uncounted");
        reasons.sort();
        for (reason, n) in reasons {
            let why = match reason.as_str() {
                "copy" => "copied from elsewhere",
                "window" => "outside the window",
                "estimate" => "estimated by the agent",
                "unreported" => "never reported",
                other => panic!("an unknown reason: {other}"),
            };
            parts.push(format!(
                "{} not counted ({why})",
                counted(n.unsigned_abs(), "request")
            ));
        }
        if self.largest("/uncounted").is_empty() {
            parts.push("every request counted".into());
        }
        if self.n("/by_ledger") > 0 {
            parts.push(format!(
                "{} by the agents' own ledgers alone",
                counted(self.n("/by_ledger"), "request")
            ));
        }
        for (model, n) in self.largest("/no_price").iter().take(8) {
            let model = if model.is_empty() {
                "no named model"
            } else {
                model
            };
            parts.push(format!(
                "no price for {} tokens of {model}",
                tokens(n.unsigned_abs())
            ));
        }
        if self.n("/placeholders") > 0 {
            parts.push(counted(self.n("/placeholders"), "placeholder output"));
        }
        parts.push(format!(
            "{} of the input is in no file",
            percent(self.n("/in_no_file"), self.n("/input"))
        ));
        parts.join("; ")
    }

    fn save(&self) -> String {
        format!(
            "at most {} ({} tokens), no overlap",
            usd(self.usd("/net_usd")),
            tokens(self.n("/net"))
        )
    }
}

fn pico(n: &Value) -> Usd {
    Usd::from_pico(n.as_i64().unwrap_or_default().into())
}

/// The text report of what tok-split finds there, and its records before they were laid out, with
/// every finding.
fn report(files: &str) -> (String, Vec<u8>) {
    let stages = "tok-measure | tok-dedup | tok-usage-join | tok-rank --by usd -n 0";
    let stream = run::sh(&format!("tok-split -q {files} | {stages}"), b"").out;
    (
        run::sh("tok-render --all --format text --width 1000", &stream).text(),
        stream,
    )
}

/// What the line with that label says.
fn line<'t>(report: &'t str, label: &str) -> &'t str {
    let found = report
        .lines()
        .take(12)
        .find_map(|line| line.strip_prefix(&format!("{label:<8}")));
    found.unwrap_or_else(|| {
        panic!(
            "no line {label}:\n{}",
            report.lines().take(12).collect::<Vec<_>>().join("\n")
        )
    })
}

/// Compares every figure of the ten lines.
fn compare(files: &str) {
    let (report, stream) = report(files);
    let figures = Figures::of(&stream);
    assert!(figures.priced(), "{files}: no model with a price");
    let title = line(&report, "tok-report").trim_start();
    assert!(
        title.starts_with(&figures.title()),
        "{title}\n{}",
        figures.title()
    );
    assert_eq!(line(&report, "cost"), figures.cost());
    assert_eq!(line(&report, "where"), figures.dearest());
    assert_eq!(line(&report, "what"), figures.what());
    assert_eq!(line(&report, "how"), figures.how());
    assert_eq!(line(&report, "trust"), figures.trust());
    assert!(
        line(&report, "save").starts_with(&figures.save()),
        "{}\n{}",
        line(&report, "save"),
        figures.save()
    );
    findings(&report, &stream);
    bill(&report, &figures);
}

/// The first three findings have a line each: rank, worth, rule, and where to look.
fn findings(report: &str, stream: &[u8]) {
    let records = stream
        .split(|b| *b == b'\n')
        .filter(|line| line.starts_with(br#"{"type":"finding""#));
    let named: Vec<&str> = report
        .lines()
        .skip_while(|line| !line.starts_with("save "))
        .skip(1)
        .take(3)
        .collect();
    for (record, line) in records.zip(named) {
        let finding: tok::record::Finding = serde_json::from_slice(record).expect("a finding");
        let worth = finding
            .net_usd
            .map_or_else(|| tokens(finding.net_tokens), usd);
        let begin = format!("{:>2} {worth:>7} {}  ", finding.rank, finding.rule);
        assert!(line.starts_with(&begin), "{line}\n{begin}");
        if let Some(id) = finding.spans.first() {
            assert!(line.ends_with(&format!("   {id}")), "{line}\n{id}");
        }
    }
}

/// The last row of the bill is what the counted requests add up to.
fn bill(report: &str, figures: &Figures) {
    let after = report
        .lines()
        .skip_while(|line| !line.starts_with("The bill: "));
    let sum = after
        .map(str::trim)
        .find(|line| line.starts_with("sum "))
        .expect("the bill has a sum");
    let part = |part: &str| {
        signed(
            figures
                .at(&format!("/total/{part}"))
                .as_i64()
                .unwrap_or_default(),
        )
    };
    let sent = ["first", "cached", "uncached"].map(part).join(" ");
    let sum = sum.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(sum.starts_with(&format!("sum {sent} ")), "{sum}\n{sent}");
    assert!(
        sum.ends_with(&format!(
            " {} {} 100%",
            part("output"),
            usd(figures.usd("/usd"))
        )),
        "{sum}"
    );
}

#[test]
fn the_ten_lines_are_true() {
    if run::tool("jq") {
        compare("fixtures/sessions");
        compare("fixtures/terms");
    }
}

#[test]
#[ignore = "needs TOK_CORPUS"]
fn the_ten_lines_are_true_of_real_sessions() {
    let folder = run::corpus();
    if run::tool("jq") {
        compare(&format!("'{}'", folder.display()));
    }
}

/// Every token of the counted requests stands in one stack, but for what is unexplained. (Where a
/// stream does not tell that apart, a row of nobody's that is less than nothing has no stack
/// either.)
#[test]
fn folded_stacks_add_up_to_the_requests() {
    let stream = run::sh(
        "tok-split -q fixtures/sessions | tok-measure | tok-dedup | tok-usage-join",
        b"",
    )
    .out;
    let (mut requests, mut unexplained, mut below_zero) = (0, 0, 0);
    for line in stream
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
    {
        let record: Value = serde_json::from_slice(line).expect("a record is JSON");
        let n = |key: &str| record[key].as_i64().unwrap_or_default();
        match record["type"].as_str() {
            Some("request") if record["counted"] == true => {
                requests += n("input_tokens") + n("output_tokens")
            }
            Some("total") => {
                let sent =
                    n("first_tokens") + n("resent_cached_tokens") + n("resent_uncached_tokens");
                unexplained += n("unexplained_tokens");
                below_zero += (n("unexplained_tokens") - sent).max(0);
            }
            _ => {}
        }
    }
    let folded = run::sh("tok-render --format folded", &stream).text();
    let sum: i64 = folded
        .lines()
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<i64>().ok())
        .sum();
    assert!(requests > 0);
    assert_eq!(sum, requests - unexplained + below_zero);
}
