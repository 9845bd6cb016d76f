//! Fingerprints: the same finding on another day has the same.
//!
//! A fingerprint is a hash of rule, agent, project and subject (tool, command, target, document or
//! cause). It rests on no id and no line. Findings that agree in all these (one about each of
//! several threads) are numbered in the order in which their threads began, so that a session of
//! today changes the fingerprint of no earlier one.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::record::Finding;

/// A finding, and when its thread began.
type BegunFinding<'f> = (Option<Rc<str>>, &'f mut Finding);

/// Gives each finding its fingerprint. `begun`: when the thread of each began, in the same order.
pub(super) fn number<'f>(
    findings: impl Iterator<Item = &'f mut Finding>,
    begun: &[Option<Rc<str>>],
) {
    let mut alike: BTreeMap<String, Vec<BegunFinding>> = BTreeMap::new();
    for (finding, began) in std::iter::zip(findings, begun) {
        let of = fingerprint(finding, 0);
        alike.entry(of).or_default().push((began.clone(), finding));
    }
    for mut findings in alike.into_values() {
        findings.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.session.cmp(&y.session)));
        for (number, (_, finding)) in (0..).zip(findings) {
            finding.fingerprint = fingerprint(finding, number);
        }
    }
}

fn fingerprint(finding: &Finding, number: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    let number = match number {
        0 => None,
        number => Some(number.to_string()),
    };
    let parts = [
        Some(finding.rule.as_str()),
        finding.agent.as_deref(),
        finding.project.as_deref(),
        finding.subject.as_deref(),
        number.as_deref(),
    ];
    for part in parts {
        // Absent and empty are not the same.
        hasher.update(&[u8::from(part.is_some())]);
        hasher.update(part.unwrap_or_default().as_bytes());
        hasher.update(&[0]);
    }
    let mut hex = hasher.finalize().to_hex().to_string();
    hex.truncate(16);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(project: Option<&str>, subject: Option<&str>, session: &str) -> Finding {
        Finding {
            rule: "r".into(),
            project: project.map(str::to_owned),
            subject: subject.map(str::to_owned),
            session: Some(session.to_owned()),
            ..Finding::default()
        }
    }

    #[test]
    fn absent_is_not_empty_and_what_agrees_in_all_is_told_apart() {
        let mut all = [
            finding(None, Some("b"), "1"),
            finding(Some("b"), None, "1"),
            finding(Some("b"), None, "2"),
        ];
        number(
            all.iter_mut(),
            &[None, Some("2026-02".into()), Some("2026-01".into())],
        );
        let prints = all.each_ref().map(|finding| finding.fingerprint.as_str());
        assert!(prints[0] != prints[1] && prints[1] != prints[2] && prints[0] != prints[2]);
        // The one that began first has the fingerprint that it has alone.
        let mut alone = [finding(Some("b"), None, "9")];
        number(alone.iter_mut(), &[None]);
        assert_eq!(alone[0].fingerprint, prints[2]);
    }
}
