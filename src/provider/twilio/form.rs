//! Form bodies, decoded byte for byte: the signature is made over what was sent, not over what is valid UTF-8.

use percent_encoding::percent_decode;
use std::borrow::Cow;

/// The fields of a form in their order, decoded but otherwise untouched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Form {
    /// Decodes `application/x-www-form-urlencoded`: a plus sign is a space, everything is legal.
    pub fn parse(body: &[u8]) -> Form {
        let fields = body
            .split(|b| *b == b'&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let mut halves = pair.splitn(2, |b| *b == b'=');
                let key = decode(halves.next().unwrap_or_default());
                (key, decode(halves.next().unwrap_or_default()))
            })
            .collect();
        Form { fields }
    }

    /// Keys and values as bytes, in the order they came in.
    pub fn raw(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.fields
    }

    /// The first value of a field, with what is no UTF-8 replaced.
    pub fn get(&self, key: &str) -> Option<String> {
        let value = &self.fields.iter().find(|(k, _)| k == key.as_bytes())?.1;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The same, if it says anything.
    pub fn filled(&self, key: &str) -> Option<String> {
        self.get(key).filter(|v| !v.trim().is_empty())
    }

    /// All fields as a JSON object: a repeated key becomes a list.
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        use serde_json::Value;
        let mut map = serde_json::Map::new();
        for (key, value) in &self.fields {
            let value = Value::String(String::from_utf8_lossy(value).into_owned());
            let key = String::from_utf8_lossy(key).into_owned();
            match map.get_mut(&key) {
                None => {
                    map.insert(key, value);
                }
                Some(Value::Array(list)) => list.push(value),
                Some(single) => {
                    let first = single.take();
                    *single = Value::Array(vec![first, value]);
                }
            }
        }
        map
    }
}

fn decode(coded: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = coded.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    // By the slice: most of a text is no escape.
    Cow::from(percent_decode(&spaced)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_bodies_lose_nothing() {
        let form = Form::parse(b"a=%2B+%zz&&b&c=1=2&a=%FF&=x");
        assert_eq!(
            form.raw(),
            [
                (b"a".to_vec(), b"+ %zz".to_vec()),
                (b"b".to_vec(), vec![]),
                (b"c".to_vec(), b"1=2".to_vec()),
                (b"a".to_vec(), vec![0xff]),
                (vec![], b"x".to_vec()),
            ]
        );
        assert_eq!(form.get("a").as_deref(), Some("+ %zz"));
        assert_eq!(form.filled("b"), None);
        assert_eq!(form.to_json()["a"], serde_json::json!(["+ %zz", "\u{fffd}"]));
    }
}
