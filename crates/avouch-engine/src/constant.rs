//! The constants of conditions: how a rule's text becomes a value of the field's type.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use avouch_event::FieldType;

use crate::services;

/// A constant of the type of the field it is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Const {
    /// Text, or bytes.
    Text(Box<[u8]>),
    /// Number; signed types hold the two's complement, sign-extended to 64 bits.
    Num(u64),
    /// Boolean.
    Bool(bool),
    /// Constant of a floating-point field: the language reads an integer there.
    Double(i32),
    /// Address.
    Ip(IpAddr),
    /// Address and prefix length.
    Net(IpAddr, u8),
}

/// How the values of a type compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bytes,
    Bool,
    /// Integer of `bits` bits.
    Int {
        signed: bool,
        bits: u32,
    },
    Double,
    Ip,
    Net,
    /// Only `exists` applies.
    Opaque,
}

impl Kind {
    pub(crate) fn of(ty: FieldType) -> Self {
        let int = |signed, bits| Kind::Int { signed, bits };
        match ty {
            FieldType::Charbuf | FieldType::Fspath => Kind::Text,
            FieldType::Bytebuf => Kind::Bytes,
            FieldType::Bool => Kind::Bool,
            FieldType::Int8 => int(true, 8),
            FieldType::Int16 => int(true, 16),
            FieldType::Int32 => int(true, 32),
            FieldType::Int64 => int(true, 64),
            FieldType::Uint8 => int(false, 8),
            FieldType::Uint16 | FieldType::Port => int(false, 16),
            FieldType::Uint32 => int(false, 32),
            FieldType::Uint64 | FieldType::Reltime | FieldType::Abstime => int(false, 64),
            FieldType::Double => Kind::Double,
            FieldType::Ipaddr => Kind::Ip,
            FieldType::Ipnet => Kind::Net,
            FieldType::Opaque | FieldType::Dyn => Kind::Opaque,
        }
    }
}

/// Reads `text` as a value of type `ty`.
///
/// # Errors
/// Says what the type wants instead, as a part of a sentence.
pub(crate) fn parse(ty: FieldType, text: &str) -> Result<Const, String> {
    if text.contains('\0') {
        return Err("a value may not hold a NUL byte".into());
    }
    match Kind::of(ty) {
        Kind::Text | Kind::Bytes => Ok(Const::Text(text.as_bytes().into())),
        Kind::Bool => match text {
            "true" => Ok(Const::Bool(true)),
            "false" => Ok(Const::Bool(false)),
            _ => Err("expected `true` or `false`".into()),
        },
        Kind::Int { .. } if ty == FieldType::Port => port(text).map(Const::Num),
        Kind::Int { signed, bits } => integer(text, signed, bits).map(Const::Num),
        // Two's complement of the low 32 bits, which is what a 32-bit scan leaves.
        Kind::Double => integer(text, true, 32).map(|n| Const::Double(n as u32 as i32)),
        Kind::Ip => address(text).map(Const::Ip),
        Kind::Net => network(text),
        Kind::Opaque => Err("only `exists` applies to it".into()),
    }
}

/// Decimal only; out of range wraps to the width as a C scan does, a minus sign on an unsigned type included.
fn integer(text: &str, signed: bool, bits: u32) -> Result<u64, String> {
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, trimmed.get(1..).unwrap_or("")),
        Some(b'+') => (false, trimmed.get(1..).unwrap_or("")),
        _ => (false, trimmed),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
        if let Some(n) = hex.and_then(|h| u64::from_str_radix(h, 16).ok()) {
            return Err(format!("numbers are decimal only: write `{}{n}`", if negative { "-" } else { "" }));
        }
        return Err("expected a decimal integer".into());
    }
    let magnitude = digits.parse::<u64>().unwrap_or(u64::MAX);
    let wide: u64 = if signed {
        let limit = i64::MAX.unsigned_abs();
        if negative { (magnitude.min(limit + 1)).wrapping_neg() } else { magnitude.min(limit) }
    } else if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    };
    Ok(truncate(wide, signed, bits))
}

/// Cuts to `bits` and extends again by sign or by zeros.
fn truncate(n: u64, signed: bool, bits: u32) -> u64 {
    let shift = 64_u32.saturating_sub(bits);
    let high = n.checked_shl(shift).unwrap_or(0);
    if signed { (high.cast_signed() >> shift).cast_unsigned() } else { high >> shift }
}

fn port(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return integer(text, false, 16);
    }
    services::port(text).map(u64::from).ok_or_else(|| "expected a port number or the name of a known service".into())
}

fn address(text: &str) -> Result<IpAddr, String> {
    // The language tells the families apart by a dot alone.
    if text.contains('.') {
        text.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| "expected an address such as `10.0.0.1`".into())
    } else {
        text.parse::<Ipv6Addr>()
            .map(IpAddr::V6)
            .map_err(|_| "expected an address such as `10.0.0.1` or `fe80::1`".into())
    }
}

fn network(text: &str) -> Result<Const, String> {
    const WANTED: &str = "expected a network such as `10.0.0.0/8` or `fe80::/10`";
    let (addr, len) = text.split_once('/').ok_or(WANTED)?;
    let addr = address(addr).map_err(|_| WANTED)?;
    if len.is_empty() || len.len() > 3 || !len.bytes().all(|b| b.is_ascii_digit()) {
        return Err(WANTED.into());
    }
    let len = len.parse::<u8>().map_err(|_| WANTED)?;
    let longest = if addr.is_ipv4() { 32 } else { 128 };
    if len > longest {
        return Err(format!("the prefix length may be {longest} at most"));
    }
    Ok(Const::Net(addr, len))
}

/// Reads an even number of hexadecimal digits.
pub(crate) fn parse_hex(text: &str) -> Result<Const, String> {
    let wanted = || "expected an even number of hexadecimal digits without `0x`".to_owned();
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err(wanted());
    }
    let digit = |b: u8| char::from(b).to_digit(16);
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [h, l] => u8::try_from(digit(*h)? * 16 + digit(*l)?).ok(),
            _ => None,
        })
        .collect();
    bytes.map(|b| Const::Text(b.into())).ok_or_else(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn num(ty: FieldType, text: &str) -> Option<i64> {
        match parse(ty, text) {
            Ok(Const::Num(n)) => Some(n.cast_signed()),
            _ => None,
        }
    }

    #[test]
    fn integers_are_decimal_and_wrap_to_the_width() {
        assert_eq!(num(FieldType::Int64, "-1"), Some(-1));
        assert_eq!(num(FieldType::Int32, "4294967295"), Some(-1));
        assert_eq!(num(FieldType::Uint32, "-1"), Some(0xffff_ffff));
        assert_eq!(num(FieldType::Uint64, "-1"), Some(-1));
        assert_eq!(num(FieldType::Int16, "65535"), Some(-1));
        assert_eq!(num(FieldType::Int64, "99999999999999999999"), Some(i64::MAX));
        for bad in ["0x10", "1.5", "1e3", "", "-", "1 ", "a"] {
            assert_eq!(num(FieldType::Int64, bad), None, "{bad}");
        }
        assert!(parse(FieldType::Int64, "0x10").is_err_and(|e| e.contains("`16`")));
    }

    #[test]
    fn ports_may_be_named() {
        assert_eq!(num(FieldType::Port, "https"), Some(443));
        assert_eq!(num(FieldType::Port, ""), Some(0));
        assert_eq!(num(FieldType::Port, "nosuch"), None);
    }

    #[test]
    fn networks_need_a_length_that_fits() {
        assert!(parse(FieldType::Ipnet, "10.0.0.0/8").is_ok());
        assert!(parse(FieldType::Ipnet, "2001:db8:abcd:0012::0/64").is_ok());
        for bad in ["10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "x/8"] {
            assert!(parse(FieldType::Ipnet, bad).is_err(), "{bad}");
        }
        assert!(parse(FieldType::Ipaddr, "::ffff:1.2.3.4").is_err());
    }

    #[test]
    fn hex_is_pairs_of_digits() {
        assert_eq!(parse_hex("12aB"), Ok(Const::Text([0x12, 0xab].into())));
        for bad in ["", "1", "0x12", "1g", "é1"] {
            assert!(parse_hex(bad).is_err(), "{bad}");
        }
    }
}
