//! One conversion between WHMCS's spelling and the scripts' spelling.

/// The script function for an action: `GetTLDPricing` becomes `get_tld_pricing`.
///
/// A capital starts a word unless it continues a run of capitals; `OAuth` is
/// one word.
pub fn function_name(action: &str) -> String {
    let spelled = action.replace("OAuth", "Oauth");
    let letters: Vec<char> = spelled.chars().collect();
    let mut name = String::with_capacity(letters.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let after_lower = at > 0 && !letters[at - 1].is_ascii_uppercase();
        let before_lower = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && at > 0 && (after_lower || before_lower) {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// The lazy list function for a list action: `GetClients` becomes `all_clients`.
pub fn walk_name(action: &str) -> String {
    let function = function_name(action);
    let list = function
        .strip_prefix("get_")
        .or_else(|| function.strip_prefix("list_"))
        .unwrap_or(&function);
    format!("all_{list}")
}
