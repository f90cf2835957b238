//! Numbers and words in bytes that need not be UTF-8.

/// Decimal digits.
pub(crate) fn uint(text: &[u8]) -> Option<u64> {
    radix(text, 10)
}

/// Decimal digits, with a minus in front or not.
pub(crate) fn int(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"-") {
        Some(digits) => 0_i64.checked_sub_unsigned(uint(digits)?),
        None => i64::try_from(uint(text)?).ok(),
    }
}

pub(crate) fn hex(text: &[u8]) -> Option<u64> {
    radix(text, 16)
}

pub(crate) fn octal(text: &[u8]) -> Option<u64> {
    radix(text, 8)
}

fn radix(text: &[u8], radix: u32) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |n, b| {
        let digit = char::from(*b).to_digit(radix)?;
        n.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))
    })
}

pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty())
}

pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| *b == b'\n').filter(|l| !l.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_or_none() {
        assert_eq!((uint(b"42"), uint(b""), uint(b"4x"), uint(b"99999999999999999999")), (Some(42), None, None, None));
        assert_eq!((int(b"-1"), int(b"-"), int(b"-9223372036854775808")), (Some(-1), None, Some(i64::MIN)));
        assert_eq!((hex(b"1F90"), octal(b"02000002"), octal(b"8")), (Some(0x1f90), Some(0o2_000_002), None));
    }
}
