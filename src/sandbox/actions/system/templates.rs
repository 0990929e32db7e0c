//! `GetEmailTemplates`.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

/// Every template of a language and a type, by name; the list is not paged.
pub fn get_email_templates(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id AS \"id:text\", name, subject, custom AS \"custom:text\"",
        "email_templates",
    );
    if let Some(kind) = call.given("type") {
        listing.only("type = ? COLLATE NOCASE", kind.to_owned());
    }
    // The default language has no name in a template; asked for by its name, it is meant too.
    listing.only(
        "? COLLATE NOCASE IN (language, CASE language WHEN '' \
         THEN (SELECT value FROM settings WHERE name = 'Language') END)",
        call.text("language").to_owned(),
    );
    listing.order("name, id");
    let templates = listing.all(call)?;
    Ok(Answer::success()
        .with("totalresults", templates.len().to_string())
        .with("emailtemplates", wrapped("emailtemplate", templates)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, count, is_complete, json, store};

    #[test]
    fn templates_are_listed_by_name_type_and_language() {
        let store = store();
        let all = answer(&store, "GetEmailTemplates", "");
        is_complete("GetEmailTemplates", &all);
        let stored = count(&store, "SELECT COUNT(*) FROM email_templates");
        assert_eq!(all.text("totalresults"), stored.to_string());
        change(
            &store,
            "INSERT INTO email_templates (id, type, name, subject, message, custom, language) \
             VALUES (900, 'general', 'Hello', 'Hallo', 'x', 1, 'german')",
        );
        assert_eq!(
            json(&store, "GetEmailTemplates", "type=General&language=german"),
            r#"{"result":"success","totalresults":1,"emailtemplates":{"emailtemplate":[{"id":900,"name":"Hello","subject":"Hallo","custom":true}]}}"#
        );
        for query in ["", "language=English"] {
            let again = answer(&store, "GetEmailTemplates", query);
            assert_eq!(again.text("totalresults"), stored.to_string(), "{query}");
        }
    }
}
