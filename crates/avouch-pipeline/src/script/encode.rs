//! Parameters from JSON to the bytes a capture holds.

use std::net::{IpAddr, SocketAddr};

use avouch_event::{EventBuf, EventType, ParamExtra, ParamInfo, ParamType};
use serde_json::{Map, Value as Json};

use super::ScriptError;

/// Address families as the capture format stores them.
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Makes the event `ty` from named parameters; what is not named is absent.
pub(super) fn event(ty: EventType, params: &Map<String, Json>) -> Result<EventBuf, ScriptError> {
    let table = ty.info().map_or(&[][..], |i| i.params);
    if let Some(param) = params.keys().find(|k| !table.iter().any(|p| p.name == k.as_str())) {
        let known: Vec<&str> = table.iter().map(|p| p.name).collect();
        return Err(ScriptError::UnknownParam { event: ty.name(), param: param.clone(), known: known.join(", ") });
    }
    let mut buf = EventBuf::new(ty);
    for info in table {
        let bytes = match params.get(info.name) {
            None | Some(Json::Null) => Vec::new(),
            Some(json) => param(info, json)
                .ok_or_else(|| ScriptError::Param { param: info.name, expected: expected(info.ty).to_owned() })?,
        };
        buf.push(&bytes);
    }
    Ok(buf)
}

fn expected(ty: ParamType) -> &'static str {
    use ParamType as T;
    match ty {
        T::Charbuf | T::Fspath | T::Fsrelpath => "a text",
        T::Bytebuf | T::Charbufarray | T::CharbufPairArray => "a text, or a list of texts",
        T::Sockaddr => "an address such as `10.0.0.1:80`, `[::1]:80` or a socket path",
        T::Socktuple => "two addresses such as `10.0.0.2:4000->10.0.0.1:80`",
        T::Mode => "an octal text such as `0755`, or a number",
        T::Fdlist | T::Dyn => "bytes as hexadecimal text",
        _ => "a number, or names of flags joined by `|`",
    }
}

fn param(info: &ParamInfo, json: &Json) -> Option<Vec<u8>> {
    use ParamType as T;
    let bytes = match info.ty {
        T::Charbuf | T::Fspath | T::Fsrelpath => nul_terminated(json.as_str()?),
        T::Bytebuf | T::Charbufarray | T::CharbufPairArray => match json {
            Json::String(text) => text.as_bytes().to_vec(),
            Json::Array(parts) => {
                let mut out = Vec::new();
                for part in parts {
                    out.extend(nul_terminated(part.as_str()?));
                }
                out
            }
            _ => return None,
        },
        T::Sockaddr => sockaddr(json.as_str()?),
        T::Socktuple => socktuple(json.as_str()?)?,
        T::Fdlist | T::Dyn => hex(json.as_str()?)?,
        T::Int8 | T::Uint8 | T::Flags8 | T::Enumflags8 | T::Sigtype => {
            vec![*number(info, json)?.to_le_bytes().first()?]
        }
        T::Int16 | T::Uint16 | T::Flags16 | T::Enumflags16 | T::Syscallid | T::Port => {
            number(info, json)?.to_le_bytes().first_chunk::<2>()?.to_vec()
        }
        T::Int32
        | T::Uint32
        | T::Flags32
        | T::Enumflags32
        | T::Sigset
        | T::Uid
        | T::Gid
        | T::Mode
        | T::Bool
        | T::Fd32
        | T::Pid32 => number(info, json)?.to_le_bytes().first_chunk::<4>()?.to_vec(),
        T::Int64 | T::Uint64 | T::Fd | T::Pid | T::Errno | T::Reltime | T::Abstime => {
            number(info, json)?.to_le_bytes().to_vec()
        }
        T::Double => json.as_f64()?.to_le_bytes().to_vec(),
        T::Ipv4addr | T::Ipv6addr => match json.as_str()?.parse().ok()? {
            IpAddr::V4(a) => a.octets().to_vec(),
            IpAddr::V6(a) => a.octets().to_vec(),
        },
    };
    Some(bytes)
}

fn nul_terminated(text: &str) -> Vec<u8> {
    let mut out = text.as_bytes().to_vec();
    out.push(0);
    out
}

fn number(info: &ParamInfo, json: &Json) -> Option<i64> {
    match json {
        Json::Bool(b) => Some(i64::from(*b)),
        Json::Number(n) => n.as_i64().or_else(|| n.as_u64().map(u64::cast_signed)),
        Json::String(text) => {
            if let ParamExtra::Flags(table) = info.extra
                && let Some(v) = text.split('|').try_fold(0, |sum, name| Some(sum | table.value(name.trim())?))
            {
                return Some(v.cast_signed());
            }
            match (text.strip_prefix("0x"), text.strip_prefix('0')) {
                (Some(digits), _) => i64::from_str_radix(digits, 16).ok(),
                (_, Some(digits)) if !digits.is_empty() => i64::from_str_radix(digits, 8).ok(),
                _ => text.parse().ok(),
            }
        }
        _ => None,
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits?;
    (digits.len() % 2 == 0).then(|| digits.chunks_exact(2).map(|p| p.iter().fold(0, |n, d| n << 4 | d)).collect())
}

/// Family, address, port; or family and path.
fn sockaddr(text: &str) -> Vec<u8> {
    let Ok(addr) = text.parse::<SocketAddr>() else {
        let mut out = vec![AF_UNIX];
        out.extend(nul_terminated(text));
        return out;
    };
    let mut out = vec![if addr.is_ipv4() { AF_INET } else { AF_INET6 }];
    push_addr(&mut out, addr);
    out
}

/// Family, source address and port, destination address and port.
fn socktuple(text: &str) -> Option<Vec<u8>> {
    let (source, dest) = text.split_once("->")?;
    let (source, dest): (SocketAddr, SocketAddr) = (source.parse().ok()?, dest.parse().ok()?);
    if source.is_ipv4() != dest.is_ipv4() {
        return None;
    }
    let mut out = vec![if source.is_ipv4() { AF_INET } else { AF_INET6 }];
    push_addr(&mut out, source);
    push_addr(&mut out, dest);
    Some(out)
}

fn push_addr(out: &mut Vec<u8>, addr: SocketAddr) {
    match addr.ip() {
        IpAddr::V4(a) => out.extend(a.octets()),
        IpAddr::V6(a) => out.extend(a.octets()),
    }
    out.extend(addr.port().to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use avouch_event::types;
    use serde_json::json;

    fn built(ty: EventType, json: Json) -> EventBuf {
        event(ty, json.as_object().unwrap()).unwrap()
    }

    #[test]
    fn flags_modes_and_texts() {
        let buf = built(types::OPENAT_2_X, json!({"fd": 3, "name": "/x", "flags": "O_WRONLY|O_CREAT", "mode": "0644"}));
        let p = buf.event().params;
        assert_eq!((p.i64(0), p.charbuf(2), p.u32(4)), (Some(3), Some(&b"/x"[..]), Some(0o644)));
        assert_eq!(p.u32(3), Some(2 | 4), "O_WRONLY and O_CREAT of the capture format");
        assert_eq!(p.get(1), None, "dirfd was not given");
    }

    #[test]
    fn tuples_have_the_capture_layout() {
        let buf = built(types::CONNECT_X, json!({"res": 0, "tuple": "10.0.0.2:4000->10.0.0.1:80"}));
        let tuple = buf.event().params.get(1).unwrap().to_vec();
        assert_eq!(tuple, [2, 10, 0, 0, 2, 0xa0, 0x0f, 10, 0, 0, 1, 80, 0]);
    }
}
