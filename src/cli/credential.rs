//! A credential that is typed.

/// A credential that a client can send as it is: none would send an empty one, and blanks
/// around one are cut where profiles are read.
pub(super) fn credential(text: &str) -> Result<String, String> {
    let is_sent = !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
    is_sent.then(|| text.to_owned()).ok_or_else(|| {
        "it is empty, starts or ends with a space, or has unprintable characters".into()
    })
}
