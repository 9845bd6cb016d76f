//! The chart of a thread's context: a column for each request, or for several where a thread has
//! many; the part from the cache below, the rest above it in stripes; a disc at each cache break
//! and a diamond at each compaction.

use maud::{Markup, html};

use super::scale::{pixels, place, step};
use super::words::glued;
use crate::number::{counted, grouped, tokens};
use crate::render::series::ContextPoint;

/// The size of the columns in units of their own, ten to a pixel of a wide page. They are stretched
/// to the width of the page.
const WIDTH: u64 = 9_000;
const HEIGHT: u64 = 1_200;
/// Pixels above the columns, for the marks of breaks, and the height of the columns in pixels.
const TOP: u64 = 14;
const TALL: u64 = HEIGHT / 10;
/// The place of the marks of compactions, below the columns.
const BELOW: u64 = TOP + TALL + 9;

/// The most marks that the words for a chart list.
const LISTED: usize = 20;

/// Returns the chart. `id` is a number that no other chart of the page has; `name` is its title.
pub(super) fn chart(points: &[ContextPoint], id: usize, name: &str) -> Markup {
    let peak = points.iter().map(|point| point.context).max().unwrap_or(0);
    let requests = requests(points);
    let has_compactions = points.iter().any(|point| point.compactions > 0);
    let height = if has_compactions {
        BELOW + 9
    } else {
        TOP + TALL + 2
    };
    html! {
        svg class="chart" width="100%" height=(height) role="img"
            aria-labelledby={ "chart" (id) " about" (id) } {
            title id={ "chart" (id) } { (name) }
            desc id={ "about" (id) } { (in_words(points)) }
            svg y=(TOP) width="100%" height=(TALL) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
                preserveAspectRatio="none" {
                path fill="url(#stripes-of-chart)" d=(area(points, |point| point.context)) {}
                path class="cached" d=(area(points, cached)) {}
                path class="outline" d=(outline(points)) {}
            }
            (lines(peak))
            (marks(points, requests))
        }
    }
}

fn cached(point: &ContextPoint) -> u64 {
    point.context.saturating_sub(point.uncached)
}

fn requests(points: &[ContextPoint]) -> u64 {
    points
        .iter()
        .fold(0, |n: u64, point| n.saturating_add(point.requests))
}

/// The path over the columns, from the left to the right.
fn steps(points: &[ContextPoint], of: fn(&ContextPoint) -> u64) -> String {
    let peak = points.iter().map(|point| point.context).max().unwrap_or(0);
    let all = requests(points);
    let mut path = String::new();
    let mut end: u64 = 0;
    for point in points {
        end = end.saturating_add(point.requests);
        let y = HEIGHT - pixels(of(point), peak, HEIGHT);
        let x = pixels(end, all, WIDTH);
        path += &format!("V{y}H{x}");
    }
    path
}

fn area(points: &[ContextPoint], of: fn(&ContextPoint) -> u64) -> String {
    format!("M0 {HEIGHT}{}V{HEIGHT}Z", steps(points, of))
}

fn outline(points: &[ContextPoint]) -> String {
    format!("M0 {HEIGHT}{}", steps(points, |point| point.context))
}

/// Lines at round sizes, with their names.
fn lines(peak: u64) -> Markup {
    let step = step(peak);
    let mut sizes = Vec::new();
    for n in 1..=4 {
        let size = step.saturating_mul(n);
        if size <= peak {
            sizes.push((TOP + TALL - pixels(size, peak, TALL), tokens(size)));
        }
    }
    html! {
        @for (y, size) in &sizes {
            line class="grid" x1="0" x2="100%" y1=(y) y2=(y) {}
            text class="size" x="3" y=(y + 12) aria-hidden="true" { (size) }
        }
    }
}

fn marks(points: &[ContextPoint], requests: u64) -> Markup {
    let mut breaks = Vec::new();
    let mut compactions = Vec::new();
    let mut start: u64 = 0;
    for point in points {
        let end = start.saturating_add(point.requests);
        if point.breaks > 0 {
            let middle = start.saturating_add(end);
            breaks.push(place(middle, requests.saturating_mul(2)));
        }
        if point.compactions > 0 {
            compactions.push(place(start, requests));
        }
        start = end;
    }
    html! {
        @for x in &compactions {
            line class="compaction" x1=(x) x2=(x) y1=(TOP) y2=(BELOW) {}
            svg x=(x) y=(BELOW) overflow="visible" {
                path class="compaction" d="M0 -6L6 0L0 6L-6 0Z" {}
            }
        }
        @for x in &breaks {
            line class="break" x1=(x) x2=(x) y1="7" y2=(TOP + TALL) {}
            circle class="break" cx=(x) cy="7" r="4" {}
        }
    }
}

/// The chart in words, for those who do not see it.
fn in_words(points: &[ContextPoint]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return String::new();
    };
    let peak = points.iter().map(|point| point.context).max().unwrap_or(0);
    let mut words = format!(
        "Tokens of context in {}: {} in the first, {} at most, {} in the last.",
        counted(requests(points), "request"),
        tokens(first.context),
        tokens(peak),
        tokens(last.context)
    );
    words += &listed(points, "cache break", |point| point.breaks);
    words += &listed(points, "compaction", |point| point.compactions);
    words
}

/// How many marks of a kind there are, and at which requests: ` 2 cache breaks, at requests 4, 9.`
fn listed(points: &[ContextPoint], noun: &str, of: fn(&ContextPoint) -> u32) -> String {
    let mut all: u64 = 0;
    let mut at = Vec::new();
    for point in points.iter().filter(|point| of(point) > 0) {
        all += u64::from(of(point));
        if at.len() < LISTED {
            at.push(grouped(point.first));
        }
    }
    if all == 0 {
        return format!(" No {noun}.");
    }
    let request = if at.len() == 1 { "request" } else { "requests" };
    let and = if all > LISTED as u64 {
        " and later"
    } else {
        ""
    };
    format!(
        " {}, at {request} {}{and}.",
        counted(all, noun),
        at.join(", ")
    )
}

/// What the marks and areas of all charts mean.
pub(super) fn key() -> Markup {
    html! {
        ul class="key" {
            li { (super::bought::swatch("cached")) " read from cache" }
            li { (super::bought::swatch("missed")) " not from cache" }
            li {
                svg class="swatch" width="12" height="12" aria-hidden="true" {
                    circle class="break" cx="6" cy="6" r="4" {}
                }
                " cache break"
            }
            li {
                svg class="swatch" width="12" height="12" aria-hidden="true" {
                    path class="compaction" d="M6 0L12 6L6 12L0 6Z" {}
                }
                " compaction"
            }
        }
    }
}

/// The line below a chart: the requests at its two ends.
pub(super) fn ends(points: &[ContextPoint]) -> Markup {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return html! {};
    };
    let end = last.first.saturating_add(last.requests).saturating_sub(1);
    html! {
        p class="ends note" aria-hidden="true" {
            span { "request " (grouped(first.first)) }
            span { (glued(&grouped(end))) }
        }
    }
}
