//! Samples that anyone can draw again.

use std::collections::BinaryHeap;

use sha2::{Digest, Sha256};

use super::Population;

/// A sample of a population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Id of the population.
    pub population: &'static str,
    /// The seed that the auditor chose.
    pub seed: String,
    /// Numbers of the rows, in the order of drawing.
    pub rows: Vec<u64>,
}

/// How a sample is drawn, for whoever draws it again.
pub const METHOD: &str = "Each row number i from 1 to N is ranked by the SHA-256 of the text \"DIGEST:SEED:i\", where DIGEST is \
the SHA-256 of the population's JSON lines in hex; the rows with the smallest values are drawn, in that order.";

/// Draws `size` rows, or all when there are no more, by [`METHOD`].
#[must_use]
pub fn sample(population: &Population, seed: &str, size: usize) -> Sample {
    let begin = Sha256::new_with_prefix(format!("{}:{seed}:", population.digest));
    // The smallest so far, the largest of them on top.
    let mut drawn: BinaryHeap<([u8; 32], u64)> = BinaryHeap::with_capacity(size.saturating_add(1).min(4096));
    for n in 1..=population.count {
        let rank: [u8; 32] = begin.clone().chain_update(n.to_string()).finalize().into();
        if drawn.len() < size {
            drawn.push((rank, n));
        } else if let Some(mut largest) = drawn.peek_mut()
            && (rank, n) < *largest
        {
            *largest = (rank, n);
        }
    }
    let rows = drawn.into_sorted_vec().into_iter().map(|(_, n)| n).collect();
    Sample { population: population.spec.id, seed: seed.to_owned(), rows }
}

#[cfg(test)]
mod tests {
    use super::super::Spec;
    use super::*;

    fn population(count: u64, digest: &str) -> Population {
        let spec = Spec { id: "p", title: "", definition: "", source: "", columns: &[] };
        let (digest, csv_digest) = (digest.to_owned(), String::new());
        Population { spec, count, first: None, last: None, digest, csv_digest, tests: Vec::new() }
    }

    #[test]
    fn the_same_seed_draws_the_same_rows_and_any_change_others() {
        let p = population(1000, "aa");
        let drawn = sample(&p, "7", 25);
        assert_eq!((drawn.rows.len(), &sample(&p, "7", 25)), (25, &drawn));
        assert_ne!(sample(&p, "8", 25).rows, drawn.rows);
        assert_ne!(sample(&population(1000, "ab"), "7", 25).rows, drawn.rows);
        let mut distinct = drawn.rows.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 25);
    }

    #[test]
    fn rows_are_those_that_a_few_lines_of_another_language_draw() {
        // printf 'aa:7:%d' i | sha256sum, i from 1 to 5, sorted: done by hand with coreutils.
        assert_eq!(sample(&population(5, "aa"), "7", 3).rows, SAMPLE_BY_COREUTILS);
    }

    const SAMPLE_BY_COREUTILS: [u64; 3] = [3, 1, 5];

    #[test]
    fn a_small_population_is_drawn_whole() {
        let mut rows = sample(&population(3, "aa"), "1", 25).rows;
        rows.sort_unstable();
        assert_eq!(rows, [1, 2, 3]);
    }
}
