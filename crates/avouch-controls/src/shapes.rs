//! What ids of the catalogues look like. The catalogues themselves are not shipped: an id is a reference into them.

/// `AC-6`, `AC-6(9)`: a control of NIST SP 800-53, or its enhancement.
pub(crate) fn is_nist(id: &str) -> bool {
    let (control, enhancement) = match id.split_once('(') {
        Some((control, rest)) => (control, rest.strip_suffix(')')),
        None => (id, Some("1")),
    };
    let family = control.split_once('-').is_some_and(|(family, n)| {
        family.len() == 2 && family.bytes().all(|b| b.is_ascii_uppercase()) && is_number(n, 2)
    });
    family && enhancement.is_some_and(|e| is_number(e, 2))
}

/// `10.2.1.2`, `A1.2.1`: a requirement of PCI DSS.
pub(crate) fn is_pci(id: &str) -> bool {
    let numbers = id.strip_prefix('A').unwrap_or(id);
    let mut parts = 0;
    numbers.split('.').all(|p| {
        parts += 1;
        parts <= 5 && is_number(p, 2)
    })
}

/// `T1059`, `T1059.004`, `TA0003`: a technique or tactic of ATT&CK.
pub(crate) fn is_attack(id: &str) -> bool {
    if let Some(tactic) = id.strip_prefix("TA") {
        return tactic.len() == 4 && is_number(tactic, 4);
    }
    let Some(rest) = id.strip_prefix('T') else { return false };
    let (technique, sub) = rest.split_once('.').unwrap_or((rest, "000"));
    technique.len() == 4 && is_number(technique, 4) && sub.len() == 3 && is_number(sub, 3)
}

fn is_number(text: &str, digits: usize) -> bool {
    (1..=digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The candidate nearest to `text`, if at most two letters differ.
pub(crate) fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_ascii_lowercase();
    candidates.map(|c| (distance(&text, &c.to_ascii_lowercase()), c)).filter(|(d, _)| *d <= 2).min().map(|(_, c)| c)
}

/// Letters to put in, take out or replace. Long texts are not near anything.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 || a.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let cost = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            (diagonal, *cell, left) = (*cell, cost, cost);
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_shapes() {
        assert!(is_nist("AC-6") && is_nist("SI-7(15)") && !is_nist("AC6") && !is_nist("AC-6(") && !is_nist("ac-6"));
        assert!(is_pci("10.2.1.2") && is_pci("6") && !is_pci("10.") && !is_pci("x.1") && !is_pci("1.1.1.1.1.1"));
        assert!(is_attack("T1059") && is_attack("T1059.004") && is_attack("TA0003"));
        assert!(!is_attack("T105") && !is_attack("T1059.4") && !is_attack("1059"));
    }

    #[test]
    fn near_ids_are_found() {
        let ids = ["CC6.1", "CC6.2", "A1.1"];
        assert_eq!(nearest("cc61", ids.into_iter()), Some("CC6.1"));
        assert_eq!(nearest("CC6.12", ids.into_iter()), Some("CC6.1"));
        assert_eq!(nearest("zzzzz", ids.into_iter()), None);
        assert_eq!((distance("kitten", "sitting"), distance("ab", "ab"), distance("", "ab")), (3, 0, 2));
    }
}
