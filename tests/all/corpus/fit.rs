//! Factors by the least relative error: what the counter of `src/replay/counter.rs` was fitted
//! with.

/// How many numbers of a text count.
pub(super) const TERMS: usize = 10;
/// The error is relative to no fewer tokens than this.
const LEAST_TOKENS: f64 = 20.0;
/// A text's weight falls with its size to this power: between one vote each, which forgets the
/// large texts that make the level, and a vote a token, which forgets the rest.
const POWER: f64 = 0.8;
const ROUNDS: usize = 40;

/// A text: its numbers, and what it was measured at.
pub(super) struct Sample {
    pub(super) terms: [f64; TERMS],
    pub(super) tokens: f64,
}

impl Sample {
    pub(super) fn predicted(&self, factors: &[f64; TERMS]) -> f64 {
        self.terms
            .iter()
            .zip(factors)
            .map(|(term, factor)| term * factor)
            .sum()
    }

    /// Relative to what was measured.
    pub(super) fn error(&self, factors: &[f64; TERMS]) -> f64 {
        (self.predicted(factors) / self.tokens - 1.0).abs()
    }
}

/// The factors of the least absolute error: least squares again and again, each sample weighed by
/// how far it was off the last time.
pub(super) fn fit(samples: &[&Sample]) -> [f64; TERMS] {
    let mut factors = [0.0; TERMS];
    for round in 0..ROUNDS {
        let weigh = |sample: &&Sample| {
            let own = sample.tokens.max(LEAST_TOKENS).powf(-2.0 * POWER);
            let off = (sample.predicted(&factors) - sample.tokens).abs()
                / sample.tokens.max(LEAST_TOKENS / 2.0);
            if round == 0 { own } else { own / off.max(0.01) }
        };
        factors = least_squares(samples, weigh);
    }
    factors
}

/// Solves the normal equations.
fn least_squares(samples: &[&Sample], weigh: impl Fn(&&Sample) -> f64) -> [f64; TERMS] {
    let mut rows = [[0.0; TERMS + 1]; TERMS];
    for sample in samples {
        let weight = weigh(sample);
        for (row, left) in rows.iter_mut().zip(sample.terms) {
            for (cell, right) in row
                .iter_mut()
                .zip(sample.terms.iter().chain([&sample.tokens]))
            {
                *cell += weight * left * right;
            }
        }
    }
    for pivot in 0..TERMS {
        let best =
            (pivot..TERMS).max_by(|a, b| rows[*a][pivot].abs().total_cmp(&rows[*b][pivot].abs()));
        rows.swap(pivot, best.unwrap_or(pivot));
        let head = rows[pivot];
        if head[pivot].abs() < 1e-9 {
            continue;
        }
        for (_, row) in rows
            .iter_mut()
            .enumerate()
            .filter(|(place, _)| *place != pivot)
        {
            let share = row[pivot] / head[pivot];
            row.iter_mut()
                .zip(head)
                .for_each(|(cell, head)| *cell -= share * head);
        }
    }
    std::array::from_fn(|term| {
        if rows[term][term].abs() < 1e-9 {
            0.0
        } else {
            rows[term][TERMS] / rows[term][term]
        }
    })
}

#[test]
fn known_factors_are_found_in_spite_of_a_few_wild_samples() {
    let known: [f64; TERMS] = std::array::from_fn(|term| term as f64 + 1.0);
    let mut samples: Vec<Sample> = (1..200u64)
        .map(|n| {
            let terms = std::array::from_fn(|term| {
                ((n * (term as u64 * 7 + 3)) % (11 + term as u64)) as f64
            });
            Sample { terms, tokens: 0.0 }
        })
        .collect();
    for (n, sample) in samples.iter_mut().enumerate() {
        sample.tokens = sample.predicted(&known) * if n % 40 == 0 { 5.0 } else { 1.0 };
    }
    let found = fit(&samples.iter().collect::<Vec<_>>());
    assert!(
        found
            .iter()
            .zip(known)
            .all(|(found, known)| (found - known).abs() < 0.5),
        "{found:?}"
    );
}
