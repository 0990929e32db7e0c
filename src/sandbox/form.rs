//! Decodes query strings and form bodies the way PHP's `$_REQUEST` is filled.
//!
//! Brackets make arrays, dots and spaces in a top-level name become underscores,
//! bad percent signs stay as they are, and whatever passes the limits on nesting
//! and number of variables is dropped, as PHP drops it. Bytes that are not UTF-8
//! are replaced. Any input is accepted.

use super::tree::{Array, Tree};

/// PHP's `max_input_nesting_level`.
const MAX_NESTING: usize = 64;
/// PHP's `max_input_vars` is 1000; installations that take big orders raise it.
pub const MAX_VARIABLES: usize = 10_000;

/// Whether a content type is that of an urlencoded body.
pub fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The variables of an urlencoded body or query string.
pub fn decode(body: &[u8]) -> Array {
    let mut variables = Array::default();
    for pair in body
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .take(MAX_VARIABLES)
    {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = percent_decode(halves.next().unwrap_or_default());
        let value = percent_decode(halves.next().unwrap_or_default());
        insert(&mut variables, &name, value);
    }
    variables
}

/// Stores a value under a name with brackets, such as `pid[0]` or `a[b][]`.
pub fn insert(variables: &mut Array, name: &str, value: String) {
    // PHP ends a name at a NUL and ignores spaces before it.
    let name = name.split('\0').next().unwrap_or_default();
    let name = name.trim_start_matches(' ');
    // A name that begins with a bracket is none.
    if name.starts_with('[') {
        return;
    }
    let (base, keys) = split_name(name);
    if base.is_empty() || keys.len() > MAX_NESTING {
        return;
    }
    let mut slot = variables.slot(&base);
    for key in keys {
        if slot.array().is_none() {
            *slot = Tree::Array(Array::default());
        }
        let Tree::Array(array) = slot else { return };
        slot = match key {
            "" => array.next_slot(),
            key => array.slot(key),
        };
    }
    *slot = Tree::Text(value);
}

/// The top-level name and the keys in brackets after it.
fn split_name(name: &str) -> (String, Vec<&str>) {
    let Some((base, mut rest)) = name.split_once('[') else {
        return (clean(name), Vec::new());
    };
    let mut keys = Vec::new();
    loop {
        let Some((key, after)) = rest.split_once(']') else {
            // An opening bracket nobody closes is part of the name, spelled as an underscore.
            return if keys.is_empty() {
                (clean(name), keys)
            } else {
                (clean(base), keys)
            };
        };
        keys.push(key.trim_start_matches(' '));
        // Whatever stands between a closing and the next opening bracket is ignored.
        match after.strip_prefix('[') {
            Some(next) => rest = next,
            None => return (clean(base), keys),
        }
    }
}

fn clean(name: &str) -> String {
    name.replace([' ', '.', '['], "_")
}

fn percent_decode(text: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => match hex_pair(text.get(at..at + 2)) {
                Some(byte) => {
                    at += 2;
                    byte
                }
                None => b'%',
            },
            byte => byte,
        });
    }
    String::from_utf8(decoded)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex_pair(digits: Option<&[u8]>) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = *digits? else { return None };
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Array, Tree};
    use super::decode;
    use proptest::prelude::*;

    /// Writes a tree the way PHP's short array syntax would.
    fn show(array: &Array) -> String {
        let parts: Vec<_> = array
            .iter()
            .map(|(key, value)| match value {
                Tree::Text(text) => format!("{key}={text}"),
                Tree::Array(inner) => format!("{key}={}", show(inner)),
            })
            .collect();
        format!("[{}]", parts.join(","))
    }

    #[test]
    fn brackets_become_arrays_as_in_php() {
        for (body, tree) in [
            ("pid[]=1&pid[]=2", "[pid=[0=1,1=2]]"),
            ("pid[5]=1&pid[]=2", "[pid=[5=1,6=2]]"),
            ("pid[x]=1", "[pid=[x=1]]"),
            ("a[b][c][]=1&a[b][d]=2", "[a=[b=[c=[0=1],d=2]]]"),
            ("a=1&a[]=2", "[a=[0=2]]"),
            ("a[]=1&a=2", "[a=2]"),
            ("a[b]junk=1", "[a=[b=1]]"),
            ("a[b]junk[c]=1", "[a=[b=1]]"),
            ("a[b=1", "[a_b=1]"),
            ("[x]=1&+[y]=2&[z=3&a=4", "[a=4]"),
            ("pid%5B0%5D=1", "[pid=[0=1]]"),
        ] {
            assert_eq!(show(&decode(body.as_bytes())), tree, "{body}");
        }
    }

    #[test]
    fn names_are_cleaned_as_in_php() {
        assert_eq!(show(&decode(b"+a.b+c=1&=2&&d")), "[a_b_c=1,d=]");
    }

    #[test]
    fn bad_percent_signs_stay() {
        assert_eq!(
            show(&decode(b"a=100%&b=%zz&c=%4&d=%41%c3%a9+x")),
            "[a=100%,b=%zz,c=%4,d=A\u{e9} x]"
        );
    }

    #[test]
    fn too_deep_and_too_many_are_dropped() {
        let deep = format!("a{}=1&b=2", "[x]".repeat(65));
        assert_eq!(show(&decode(deep.as_bytes())), "[b=2]");
        assert_eq!(decode("a[]=1&".repeat(20_000).as_bytes()).len(), 1);
        let many = "a[]=x&".repeat(10_050);
        let tree = decode(many.as_bytes());
        let kept = tree.get("a").and_then(Tree::array).map(Array::len);
        assert_eq!(kept, Some(10_000));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body: Vec<u8>) {
            decode(&body);
        }

        #[test]
        fn arbitrary_brackets_never_panic(body in "[a\\[\\]=&%0 .]{0,60}") {
            decode(body.as_bytes());
        }
    }
}
