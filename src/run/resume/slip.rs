//! Whether two keys differ by a slip of the finger.

/// Keys shorter than this are too short for a slip to be told from another key.
const SHORTEST: usize = 4;
/// Keys at least this long may have two slips.
const LONG: usize = 12;

/// Whether one key is the other with a letter more, less, exchanged or swapped; in
/// longer ones, two of these. Another number is no slip, but for two digits swapped:
/// numbers follow each other.
pub(super) fn is_slip(one: &str, other: &str) -> bool {
    let longer = one.chars().count().max(other.chars().count());
    if one == other || longer < SHORTEST {
        return false;
    }
    if without_digits(one) == without_digits(other) {
        return are_swapped(one, other);
    }
    // Of two addresses at one host only what stands before it tells them apart.
    let (one, other) = match (one.split_once('@'), other.split_once('@')) {
        (Some((one, host)), Some((other, same))) if host == same => (one, other),
        _ => (one, other),
    };
    let shorter = one.chars().count().min(other.chars().count());
    let most = if shorter >= LONG { 2 } else { 1 };
    one.len().abs_diff(other.len()) <= 4 * most && strsim::osa_distance(one, other) <= most
}

fn without_digits(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_ascii_digit())
        .collect()
}

/// Whether they differ in two letters side by side that changed places.
fn are_swapped(one: &str, other: &str) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let pairs = one.chars().zip(other.chars()).enumerate();
    let differing: Vec<_> = pairs.filter(|(_, (one, other))| one != other).collect();
    match differing[..] {
        [(first, (a, b)), (second, (c, d))] => second == first + 1 && a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_told_from_another_key() {
        for (one, other) in [
            ("bob@x.exmaple", "bob@x.example"),
            ("bob-at-x.example", "bob@x.example"),
            ("bob@x.example", "bob@x.exampl"),
            ("jane@example.com", "jane@exampel.con"),
            ("k12x", "k12"),
            ("10023", "10032"),
        ] {
            let is_close = one != "bob-at-x.example";
            assert_eq!(is_slip(one, other), is_close, "{one} {other}");
            assert_eq!(is_slip(other, one), is_close, "{other} {one}");
        }
        for (one, other) in [
            ("a", "b"),
            ("t1", "t2"),
            ("k12", "k13"),
            ("user1@example.com", "user41@example.com"),
            ("user12@example.com", "user13@example.com"),
            ("100012", "100013"),
            ("same", "same"),
            ("ann@x.example", "bob@x.example"),
            ("ann@x.example", "amy@x.example"),
        ] {
            assert!(!is_slip(one, other), "{one} {other}");
        }
    }
}
