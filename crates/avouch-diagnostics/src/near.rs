//! Names that the user may have meant.

/// Longest name that is compared; longer ones are never near (bounds the work on hostile input).
const LONGEST: usize = 64;

/// The candidates nearest to `name` by edit distance, best first, at most `count`; only such that differ in no more
/// than a third of their letters.
#[must_use]
pub fn near_names<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    if name.len() > LONGEST {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|c| c.len() <= LONGEST && c.len().abs_diff(name.len()) <= limit * 4)
        .map(|c| (distance(name, c), c))
        .filter(|(d, _)| *d <= limit)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(count).map(|(_, c)| c).collect()
}

/// Edits between two names; two swapped neighbours count as one edit, letter case as none.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().map(|c| c.to_ascii_lowercase()).collect();
    let b: Vec<char> = b.chars().map(|c| c.to_ascii_lowercase()).collect();
    let width = b.len() + 1;
    let mut rows = vec![0usize; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (rows[(i - 1) * width + j] + 1)
                    .min(rows[i * width + j - 1] + 1)
                    .min(rows[(i - 1) * width + j - 1] + change);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[(i - 2) * width + j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::near_names;

    #[test]
    fn swapped_letters_are_nearest() {
        let fields = ["proc.name", "proc.cmdline", "proc.pname", "fd.name"];
        assert_eq!(near_names("proc.nmae", fields, 2), ["proc.name", "proc.pname"]);
        assert!(near_names("evt.x", fields, 2).is_empty());
        assert_eq!(near_names("PROC.NAME", fields, 1), ["proc.name"]);
    }
}
