//! The hint that goes with an unknown name.

use crate::catalog::similar;

/// How many names a hint lists.
const MOST: usize = 12;

/// "did you mean …?" where a known name is near, else what the known names are.
pub(crate) fn suggestion<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = similar(wanted, known.iter().copied()).first() {
        return format!("did you mean `{near}`?");
    }
    let listed: Vec<String> = known
        .iter()
        .take(MOST)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = if known.len() > MOST { ", …" } else { "" };
    format!("known: {}{more}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn a_near_name_is_suggested_and_else_all_are_listed() {
        assert_eq!(
            suggestion("emial", ["email", "id"]),
            "did you mean `email`?"
        );
        assert_eq!(suggestion("zzz", ["email", "id"]), "known: `email`, `id`");
    }
}
